import csv
import io
import json
from pathlib import Path

import pytest
from lxml import etree
from rdflib import RDF, SKOS, Graph, Literal, URIRef

from oscb_nlp import load_codebook
from oscb_nlp.exchange import codebook_as, codebook_to_qdc, codebook_to_skos

SCHEMA = Path(__file__).parents[3] / "shared" / "refi-qda" / "project.xsd"
QDC = "{urn:QDA-XML:codebook:1.0}"


def codebook_schema() -> etree.XMLSchema:
    """The published schema's codebook, as the root that it is in a .qdc file."""
    if not SCHEMA.exists():
        pytest.skip(f"{SCHEMA} is not here: the published schema does not ship with the project")
    text = SCHEMA.read_text(encoding="utf-8")
    text = text.replace("urn:QDA-XML:project:1.0", "urn:QDA-XML:codebook:1.0")
    text = text.replace(
        '<xsd:element name="Project" type="ProjectType">',
        '<xsd:element name="CodeBook" type="CodeBookType">',
    )
    # The one difference of the codebook's own schema: its root may say where it comes from.
    head, rest = text.split('<xsd:complexType name="CodeBookType">', 1)
    body, tail = rest.split("</xsd:sequence>", 1)
    origin = '</xsd:sequence><xsd:attribute name="origin" type="xsd:string"/>'
    whole = f'{head}<xsd:complexType name="CodeBookType">{body}{origin}{tail}'
    return etree.XMLSchema(etree.fromstring(whole.encode()))


def test_a_qdc_is_valid_against_the_published_schema() -> None:
    codebook_schema().assertValid(etree.fromstring(codebook_to_qdc(load_codebook())))


def test_a_qdc_nests_themes_in_families_that_cannot_be_applied() -> None:
    root = etree.fromstring(codebook_to_qdc(load_codebook()))
    families = root.find(f"{QDC}Codes").findall(f"{QDC}Code")
    assert [code.get("name") for code in families][:2] == [
        "Harm to the child",
        "Parents and family",
    ]
    assert {code.get("isCodable") for code in families} == {"false"}
    themes = [code for family in families for code in family.findall(f"{QDC}Code")]
    assert len(themes) == 38 + 5
    assert {code.get("isCodable") for code in themes} == {"true"}
    assert len({code.get("guid") for code in root.iter(f"{QDC}Code")}) == 6 + 38 + 5
    neglect = next(code for code in themes if code.get("name") == "Neglect")
    assert load_codebook()["neglect"].definition in neglect.findtext(f"{QDC}Description")


def test_a_qdc_has_the_same_bytes_each_time() -> None:
    assert codebook_to_qdc(load_codebook()) == codebook_to_qdc(load_codebook())


def test_skos_tools_read_families_themes_and_their_relations() -> None:
    graph = Graph().parse(data=json.dumps(codebook_to_skos(load_codebook())), format="json-ld")
    base = "urn:oscb-nlp:oscb:"
    neglect = URIRef(f"{base}neglect")
    assert (neglect, RDF.type, SKOS.Concept) in graph
    assert (neglect, SKOS.prefLabel, Literal("Neglect", lang="en-GB")) in graph
    assert (neglect, SKOS.broader, URIRef(f"{base}family:harm")) in graph
    assert len(set(graph.subjects(SKOS.inScheme, URIRef(f"{base}themes")))) == 38 + 5
    related = {str(name).removeprefix(base) for name in graph.objects(neglect, SKOS.related)}
    assert related == set(load_codebook()["neglect"].related)


def test_csv_has_a_row_a_theme() -> None:
    rows = list(csv.DictReader(io.StringIO(codebook_as(load_codebook(), "csv"))))
    assert [row["theme"] for row in rows] == list(load_codebook().ids)


def test_json_holds_all_that_the_codebook_holds() -> None:
    assert json.loads(codebook_as(load_codebook(), "json")) == load_codebook().to_dict()
