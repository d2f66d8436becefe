import pytest

from oscb_nlp.redaction import redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Write to a.b@example.org today", "Write to [e-mail removed] today"),
        ("Call 01234 567890.", "Call [telephone removed]."),
        ("Call (020) 7946 0000", "Call [telephone removed]"),
        ("Offices at OX1 1ND", "Offices at [postcode removed]"),
        ("Contact Officer: Pat Example.", "Contact Officer: [name removed]."),
        (
            "Pat Example, Finance Partner pat@example.org",
            "[name removed], Finance Partner [e-mail removed]",
        ),
    ],
)
def test_contact_details_are_taken_out(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "Child R and Baby F were known to the Harrowmere Safeguarding Children Board.",
        "On 14 March 2015 the panel read 1,200 pages; 3.12 refers.",
        "The review covers 2014 to 2016 and 15,000 workers.",
    ],
)
def test_pseudonyms_dates_and_counts_stay(text: str) -> None:
    assert redact(text) == text
