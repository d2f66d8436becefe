"""The commands for people who code: sheet, import, agree, check."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oscb_nlp.cli.options import Folder, Grade, GradeOption, ModelOption, Quiet, on_this_machine
from oscb_nlp.cli.terminal import SOME_FAILED, app, say, stderr
from oscb_nlp.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.exchange.sheets import Suggestion

__all__ = ["Sample", "agree", "check", "import_codings", "reading_order", "sheet"]

_RARE = 0.05  # share of passages below which raw agreement says little


class Sample(StrEnum):
    """How passages are chosen for a sheet."""

    random = "random"
    positives = "positives"
    uncertain = "uncertain"
    recall = "recall"
    doubt = "doubt"


Coder = Annotated[str | None, typer.Option("--coder", help="The coder's name")]


@app.command()
def sheet(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", help="The workbook to write (.xlsx)")],
    sample: Annotated[
        Sample,
        typer.Option(
            "--sample",
            help="random (by theme and year, for estimates), positives (all that the model coded), "
            "uncertain (what it doubts most), recall (all that it may have missed), doubt (the queue "
            "of what it abstained from)",
        ),
    ] = Sample.random,
    size: Annotated[int | None, typer.Option("--size", min=1, help="Passages at the most")] = None,
    theme: Annotated[
        list[str] | None, typer.Option("--theme", help="Only this theme; may be repeated")
    ] = None,
    blind: Annotated[bool, typer.Option("--blind", help="Show no suggestions")] = False,
    coder: Coder = None,
    seed: Annotated[int, typer.Option("--seed", help="What chance starts from")] = 0,
    model: ModelOption = None,
    grade: GradeOption = Grade.auto,
    quiet: Quiet = False,
) -> None:
    """Write an Excel workbook in which a person codes passages.

    Example: oscb-nlp sheet results/ --sample random --size 200 --coder Ann --out ann.xlsx
    """
    import pandas as pd

    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.exchange.sheets import sheet_bytes
    from oscb_nlp.files import write_whole, writing
    from oscb_nlp.sampling import draw

    tagged, themes = TaggedCorpus.load(folder), theme or []
    if sample is Sample.random and size is None:
        size = 200
    order, suggested = reading_order(tagged, sample, themes, model, grade)
    drawn = draw(tagged, sample.value, size, themes, seed, order)
    with writing(out.parent):
        content = sheet_bytes(
            tagged,
            drawn["passage_id"].tolist(),
            None if blind else _suggestions(suggested, drawn["passage_id"].tolist()),
            coder or "",
        )
        write_whole(out, lambda target: target.write_bytes(content))
    known = tagged.samples[~tagged.samples["sample_id"].isin(drawn["sample_id"])]
    replace(tagged, samples=pd.concat([known, drawn], ignore_index=True)).save(folder)
    say(f"{len(drawn)} passages to code: {out}", quiet)


@app.command("import")
def import_codings(
    file: Annotated[
        Path, typer.Argument(help="A coding sheet (.xlsx), a project (.qdpx), or codings (.csv)")
    ],
    folder: Annotated[
        Path,
        typer.Option("--into", help="The folder whose passages it holds", parser=on_this_machine),
    ],
    coder: Coder = None,
    quiet: Quiet = False,
) -> None:
    """Take codings back; what people code stands over the model's codes.

    Example: oscb-nlp import ann.xlsx --into results/
    """
    import pandas as pd

    from oscb_nlp.codings import with_codings
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.exchange import Imported, read_exchange
    from oscb_nlp.exchange.filled import read_sheet
    from oscb_nlp.exchange.intake import read_codings

    tagged = TaggedCorpus.load(folder)
    if file.suffix.lower() == ".xlsx":
        found = read_sheet(file, tagged, coder, datetime.now(UTC).isoformat(timespec="seconds"))
    elif file.suffix.lower() == ".csv":
        codings = read_codings(file, tagged.codebook)
        found = Imported(codings, pd.DataFrame(columns=["where", "what", "detail"]))
    else:
        found = read_exchange(file, tagged, coder)
    with_codings(tagged, found.codings).save(folder)
    for row in found.conflicts.itertuples():
        stderr.print(f"{file}, {row.where}: {row.what}: {row.detail}", markup=False)
    taken = found.codings[["passage_id", "coder"]].drop_duplicates()
    say(
        f"{len(taken)} passages by {', '.join(sorted(set(taken['coder']))) or 'nobody'} taken in, "
        f"{found.conflicts['where'].nunique()} conflicts listed, {found.unread} not "
        f"checked yet; run `oscb-nlp summarise {folder}` to count them",
        quiet,
    )
    raise typer.Exit(SOME_FAILED if len(found.conflicts) else 0)


@app.command()
def agree(
    sources: Annotated[
        list[Path],
        typer.Argument(help="Coding sheets, label files (JSON Lines), or folders with codings"),
    ],
    folder: Annotated[
        Path | None, typer.Option("--in", help="The folder whose passages the sheets hold")
    ] = None,
    with_model: Annotated[
        bool, typer.Option("--with-model", help="Count a folder's model as a coder too")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="JSON file for all figures")] = None,
    adjudicate: Annotated[
        Path | None,
        typer.Option("--adjudicate", help="Workbook for the passages on which coders differ"),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Say how far coders agree, by theme and stance: kappa, alpha, AC1 beside raw agreement.

    Example: oscb-nlp agree ann.xlsx ben.xlsx --in results/
    """
    from oscb_nlp.agreement import (
        agreement,
        agreement_by_stance,
        disagreements,
        stance_agreement,
    )
    from oscb_nlp.codebook import STANCES, load_codebook
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.exchange.coders import codings_of
    from oscb_nlp.files import writing
    from oscb_nlp.tables import write_json

    tagged = TaggedCorpus.load(folder) if folder else None
    codings, groups = codings_of(sources, tagged, with_model)
    book = tagged.codebook if tagged else load_codebook()
    passages = list(codings)
    both = [codings[passage] for passage in passages]
    themes = agreement(both, book.ids, [groups[passage] for passage in passages])
    stances = agreement_by_stance(both, STANCES)
    overall = stance_agreement(both)
    differing = disagreements(codings)
    compared = sum(len(by_coder) >= 2 for by_coder in both)
    if not compared:
        raise SettingError("no passage was coded by two coders: there is nothing to compare")
    _print_agreement(themes, stances, overall, compared, len(differing))
    if out:
        with writing(out.parent):
            write_json(
                out,
                {
                    "passages": compared,
                    "themes": themes.to_dict("records"),
                    "stances": stances.to_dict("records"),
                    "stance": overall,
                    "disagreements": differing,
                },
            )
    if adjudicate:
        _write_adjudication(adjudicate, tagged, differing)
        say(f"{len(differing)} passages to adjudicate: {adjudicate}", quiet)


@app.command()
def check(
    folder: Folder,
    recall: Annotated[
        float, typer.Option("--recall", min=0.5, max=0.999, help="The share of a theme to find")
    ] = 0.95,
    confidence: Annotated[
        float, typer.Option("--confidence", min=0.5, max=0.999, help="How surely")
    ] = 0.95,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, help="What a person takes for a passage")
    ] = 45.0,
    out: Annotated[Path | None, typer.Option("--out", help="CSV file for the table")] = None,
) -> None:
    """Say how good the model's codes are, from a random sample that people coded.

    Example: oscb-nlp check results/
    """
    from oscb_nlp.checking import check as compare
    from oscb_nlp.checking import time_saved
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.files import write_whole, writing
    from oscb_nlp.printing import table_as_markdown
    from oscb_nlp.tables import cell

    tagged = TaggedCorpus.load(folder)
    found = compare(tagged, recall, confidence)
    spared = time_saved(tagged, seconds)
    shown = found[(found["found"] > 0) | (found["read_positive"] > 0)]
    print(f"# What checking {found['checked'].iloc[0]} passages drawn by chance tells\n")
    print(table_as_markdown(shown.round(2)))
    print(
        f"\nstill_to_read: unread passages to draw by chance and find without the theme, until "
        f"{recall:.0%} of it is found with {confidence:.0%} confidence (Callaghan and "
        f"Mueller-Hansen 2020). People have read {spared['read']:.0f} of {spared['passages']:.0f} "
        f"passages; at {seconds:g} seconds each the model spares {spared['hours_saved']:.1f} hours."
    )
    if out:
        with writing(out.parent):
            safe = found.map(cell)
            write_whole(out, lambda target: safe.to_csv(target, index=False))


def reading_order(
    tagged: TaggedCorpus, sample: Sample, themes: Sequence[str], model: Path | None, grade: Grade
) -> tuple[list[str] | None, pd.DataFrame]:
    """Return the order in which passages are to be read, where a model says so, and suggestions."""
    import pandas as pd

    from oscb_nlp.codings import model_tags
    from oscb_nlp.sampling import read_by_people, uncertain

    if sample in (Sample.random, Sample.positives):
        return None, model_tags(tagged)
    if sample is Sample.doubt:
        return None, pd.concat([model_tags(tagged), tagged.queue])
    if sample is Sample.recall:
        from oscb_nlp.tagging import tag

        tags = tag(tagged, model, tagged.codebook, grade=grade.value, mode="recall").tags
        wanted = tags[tags["theme"].isin(themes)] if themes else tags
        best = (
            wanted.groupby("passage_id")["score"].max().sort_values(ascending=False, kind="stable")
        )
        read = read_by_people(tagged)
        return [passage for passage in best.index if passage not in read], tags
    from oscb_nlp.persistence import load_model

    loaded = load_model(model, tagged.codebook, grade.value)
    return uncertain(tagged, loaded, themes), model_tags(tagged)


def _suggestions(tags: pd.DataFrame, passages: Sequence[str]) -> dict[str, list[Suggestion]]:
    """Return what the model suggests for passages, the surest theme first."""
    from oscb_nlp.exchange.sheets import Suggestion

    found: dict[str, list[Suggestion]] = {}
    mine = tags[tags["passage_id"].isin(set(passages))]
    for row in mine.sort_values("score", ascending=False, kind="stable").itertuples():
        spans = tuple((int(span["start"]), int(span["end"])) for span in row.evidence)
        found.setdefault(row.passage_id, []).append(
            Suggestion(row.theme, row.stance, float(row.score), spans)
        )
    return found


def _print_agreement(
    themes: pd.DataFrame,
    stances: pd.DataFrame,
    overall: Mapping[str, float],
    compared: int,
    differing: int,
) -> None:
    from oscb_nlp.printing import table_as_markdown

    print(f"# Agreement on {compared} passages\n")
    print(table_as_markdown(themes[themes["positive"] > 0].round(2)))
    print(_on_rare_themes(themes))
    print("\n## Stance, where two coders gave the same theme\n")
    print(table_as_markdown(stances.rename(columns={"theme": "stance"}).round(2)))
    print(
        f"\n{overall['cases']} cases, {overall['percent']:.0%} alike, kappa {overall['kappa']:.2f}, "
        f"alpha {overall['alpha']:.2f}. {differing} passages are coded differently."
    )


def _on_rare_themes(themes: pd.DataFrame) -> str:
    rare = themes[(themes["positive"] > 0) & (themes["prevalence"] < _RARE)]
    if rare.empty:
        return ""
    return (
        f"\n{len(rare)} themes stand on under {_RARE:.0%} of passages. There raw agreement is high "
        "whatever coders do: 97% of passages alike is a kappa of .94 where half of them have the "
        "theme, and of .23 where one in fifty has it. Read kappa, alpha and AC1 beside it."
    )


def _write_adjudication(
    path: Path, tagged: TaggedCorpus | None, differing: Mapping[str, str]
) -> None:
    from oscb_nlp.codings import ADJUDICATED
    from oscb_nlp.exchange.sheets import sheet_bytes
    from oscb_nlp.files import write_whole, writing

    if tagged is None:
        raise SettingError("--adjudicate needs the folder with the passages: give it with --in")
    content = sheet_bytes(tagged, list(differing), {}, ADJUDICATED, differing)
    with writing(path.parent):
        write_whole(path, lambda target: target.write_bytes(content))
