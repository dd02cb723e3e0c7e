"""Every page there is is looked at in a browser, or is named as no page."""

from tests.journeys.addresses import NO_PAGES, all_pages, visited_pages


def test_every_page_is_visited_or_named_as_none() -> None:
    assert sorted(visited_pages() + list(NO_PAGES)) == list(all_pages())
