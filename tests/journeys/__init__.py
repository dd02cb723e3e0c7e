"""Journeys over HTTP and in a browser, through the front door of a whole house."""

import pytest

pytest.register_assert_rewrite("tests.journeys.windows")  # what it asserts, it shows
