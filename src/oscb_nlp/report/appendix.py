"""Blocks of what stands beside themes and years: pairs, parts, the flow, the transparency record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from oscb_nlp.report.forms import Block, Heading, Paragraph, Table, cells
from oscb_nlp.report.record import RECORD_NOTE, record, settings_table

__all__ = ["flow_blocks", "pair_blocks", "part_blocks", "record_blocks"]


def pair_blocks(said: Mapping[str, Any]) -> Iterator[Block]:
    """Yield the tables of themes that reviews raise together."""
    if not said["pairs"]:
        return
    yield Heading(2, "Themes raised together")
    yield Paragraph(
        "Reviews that raise both themes as learning. Lift: how many times as often as if the two had "
        "nothing to do with each other, with its 95% interval; where that holds 1, chance would do. "
        f"Lists are chosen from {said['pairs'][0]['of']} pairs, of which about one in forty would lie "
        "above 1 by chance alone: take a pair as a place to read, not as a finding."
    )
    for part in said["pairs"]:
        yield Table(
            part["caption"],
            ("Theme", "and theme", "Reviews with both", "Lift (95% interval)"),
            cells(
                (
                    row["a"],
                    row["b"],
                    f"{row['with_both']} of {row['reviews']}",
                    f"{row['lift']:.1f} ({row['low']:.1f} to {row['high']:.1f})",
                )
                for row in part["rows"]
            ),
        )


def part_blocks(said: Mapping[str, Any]) -> Iterator[Block]:
    """Yield the commonest themes by review type and by board."""
    if not said["parts"]:
        return
    yield Heading(2, "Kinds of review and boards")
    for part in said["parts"]:
        yield Table(
            f"{part['title']}: reviews with the theme as learning",
            ("Theme", *(column["value"] for column in part["values"])),
            cells(
                (
                    row["label"],
                    *(f"{cell['with_learning']}/{cell['reviews']}" for cell in row["cells"]),
                )
                for row in part["rows"]
            ),
        )
        if part["left"]:
            yield Paragraph(f"{part['left']} more with fewer reviews are in breakdown.csv.")


def flow_blocks(said: Mapping[str, Any]) -> Iterator[Block]:
    """Yield what was found, read, coded and left out, and the settings."""
    yield Table(
        "What was found, read, coded and left out",
        ("Stage", "Number", "Left out after it"),
        cells(
            (
                stage["name"],
                stage["count"],
                "; ".join(f"{count} {why}" for count, why in stage["after"]),
            )
            for stage in said["flow"]
        ),
    )
    yield Table("What it was made with", ("What", "Value"), cells(settings_table(said)))


def record_blocks(said: Mapping[str, Any]) -> Iterator[Block]:
    """Yield the draft transparency record."""
    yield Heading(2, "Transparency record (draft)")
    yield Paragraph(RECORD_NOTE)
    for heading, fields in record(said):
        yield Table(heading, ("Field", "What it says"), cells(fields))
