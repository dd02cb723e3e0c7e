"""The edge of every service: pages and API, languages, sign-in, refusals, limits, cached pages.

A service's `web.py` makes `pages = Pages(…)` and routers; its `app.py` puts them together with `create(…)`.
"""

from shared.web.addresses import client_address, safe_path
from shared.web.application import create
from shared.web.cache import Shelf
from shared.web.forms import Form, Upload, read_file, read_form
from shared.web.gate import Gate, Staff, bearer, either, staff, staff_cookie_name, staff_or_token
from shared.web.inputs import Input, Line, Paragraph, Words
from shared.web.languages import language, url_for_lang
from shared.web.pages import Pages
from shared.web.problems import patience, problem, said
from shared.web.quick import json_body

__all__ = [
    "Form",
    "Gate",
    "Input",
    "Line",
    "Pages",
    "Paragraph",
    "Shelf",
    "Staff",
    "Upload",
    "Words",
    "bearer",
    "client_address",
    "create",
    "either",
    "json_body",
    "language",
    "patience",
    "problem",
    "read_file",
    "read_form",
    "safe_path",
    "said",
    "staff",
    "staff_cookie_name",
    "staff_or_token",
    "url_for_lang",
]
