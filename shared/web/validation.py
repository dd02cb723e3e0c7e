"""Validation errors of an API body, in the person's language: which field, and how to mend it."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.i18n import N_, translate
from shared.text import LineBreak, Unshowable

_TIME = N_("Écrivez une date et une heure, par exemple 2026-07-08T14:30:00+02:00.")
_OTHER = ("invalid", N_("Cette valeur n’a pas la forme attendue."))
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "missing": ("required", N_("Ce champ est obligatoire.")),
    "string_type": ("not-a-text", N_("Écrivez un texte.")),
    "string_too_short": ("too-short", N_("%(min_length)s signes au moins.")),
    "string_too_long": ("too-long", N_("%(max_length)s signes au plus, il y en a %(given)s.")),
    "extra_forbidden": ("unknown-field", N_("Ce champ n’existe pas.")),
    "literal_error": ("unknown-value", N_("Valeurs possibles : %(expected)s.")),
    "enum": ("unknown-value", N_("Valeurs possibles : %(expected)s.")),
    "int_parsing": ("not-a-number", N_("Écrivez un nombre entier.")),
    "int_type": ("not-a-number", N_("Écrivez un nombre entier.")),
    "bool_type": ("not-a-yes-or-no", N_("Répondez par vrai ou faux.")),
    "bool_parsing": ("not-a-yes-or-no", N_("Répondez par vrai ou faux.")),
    "list_type": ("not-a-list", N_("Donnez une liste.")),
    "too_long": ("too-many", N_("%(max_length)s éléments au plus, il y en a %(actual_length)s.")),
    "too_short": ("too-few", N_("%(min_length)s éléments au moins, il y en a %(actual_length)s.")),
    "greater_than_equal": ("too-small", N_("Au moins %(ge)s.")),
    "less_than_equal": ("too-big", N_("Au plus %(le)s.")),
    "greater_than": ("too-small", N_("Plus de %(gt)s.")),
    "less_than": ("too-big", N_("Moins de %(lt)s.")),
    Unshowable.code: (Unshowable.code, Unshowable.text),
    LineBreak.code: (LineBreak.code, LineBreak.text),
    "json_invalid": ("unreadable", N_("Ce n’est pas du JSON lisible.")),
    "model_attributes_type": ("not-an-object", N_("Donnez un objet.")),
    "model_type": ("not-an-object", N_("Donnez un objet.")),
    "dict_type": ("not-an-object", N_("Donnez un objet.")),
    "datetime_from_date_parsing": ("not-a-time", _TIME),
    "timezone_aware": ("not-a-time", _TIME),
    "date_from_datetime_parsing": ("not-a-date", N_("Écrivez une date, par exemple 2026-07-08.")),
}  # fmt: skip


def explain(errors: Sequence[Any], lang: str) -> list[dict[str, str]]:
    """One entry `{field, code, detail}` for each pydantic error; the value itself is never repeated."""
    return [_explain(error, lang) for error in errors[:50]]


def _explain(error: Mapping[str, Any], lang: str) -> dict[str, str]:
    code, sentence = _SENTENCES.get(error["type"], _OTHER)
    given = error.get("input")
    params = {**error.get("ctx", {}), "given": len(given) if isinstance(given, str) else "?"}
    where = [str(part) for part in error["loc"]]
    if error["type"] == "json_invalid":
        where = where[:1]
    field = ".".join(where[1:] if where[:1] in (["body"], ["query"], ["path"], ["header"]) else where)
    return {"field": field, "code": code, "detail": translate(lang, sentence, **params)}
