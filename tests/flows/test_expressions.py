"""What the XPath of an XLSForm gives on a phone, checked against what JavaRosa gave and libxml2's answers."""

import math
import re
import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from flows.expressions import Expression, compile_expression
from flows.xpath.patterns import PatternError, compile_pattern
from flows.xpath.values import ExpressionError, Scope, Value

ANSWERS: dict[str, Value] = {
    "sexe": "femme",
    "besoins": ("eau", "route"),
    "aucun": (),
    "age": 34,
    "taille": 1.5,
    "naissance": "1990-03-01",
    "nom": "  Awa   Traoré ",
    "vide": "",
    "passe": None,
    "tel": "76 12 34 56",
    "quartier.2": "nord",
    "or": 1,
}
SCOPE = Scope(
    answers=ANSWERS,
    here=18,
    today=date(2026, 11, 24),
    row={"cercle": "kayes", "pop": "1200"},
    label=lambda name, question: f"{question}/{name}",
)
NAN = math.nan

RESULTS = [
    # answers, and what was not answered
    ("${sexe} = 'femme' and selected(${besoins}, 'eau')", True),
    ("${ sexe }", "femme"),
    ("${quartier.2}", "nord"),
    ("${or} or ${or}", True),  # a question may be named like an operator
    ("${besoins}", "eau route"),
    ("${aucun}", ""),
    ("${passe}", ""),
    ("${missing} = ''", True),
    ("${passe} != ''", False),
    ("${age} != ''", True),
    ("${passe} = 0", False),
    ("${passe} != 0", True),  # NaN differs from everything
    ("${passe} < 5", False),
    ("${passe} >= 5", False),
    ("${passe} + 1", NAN),
    (". >= 18 and . <= 99", True),
    ("cercle = ${sexe} or pop > 1000", True),
    ("no_such_column", ""),
    # comparisons
    ("${age} = '34'", True),
    ("'1.0' = 1", True),
    ("'1.0' = '1'", False),
    ("'10' > '9'", True),
    ("'abc' < 'abd'", False),
    ("'a' = true()", True),
    ("true() = ''", False),
    ("0.1 + 0.2 = 0.3", True),  # as JavaRosa, not as XPath
    ("1 div 0 = 1 div 0", True),
    ("0 div 0 = 0 div 0", False),
    ("1 < 2 < 3", True),
    ("3 > 2 > 1", False),
    ("2 = 2 = 1", True),
    ("3 = 3 > 2", True),
    # dates
    ("${naissance} < today()", True),
    ("'2024-01-02' < '2024-01-10'", True),
    ("'2024-02-30' < '2024-12-01'", False),  # not a day
    ("date('2024-01-02') + 1", 19725.0),
    ("date(19725)", "2024-01-03"),
    ("date('2024-01-02T10:00:00')", "2024-01-02"),
    ("date('hier')", ""),
    ("date(1 div 0)", ""),
    ("int((today() - ${naissance}) div 365.25)", 36.0),
    ("today()", "2026-11-24"),
    ("now() = today()", True),
    ("decimal-date-time('1970-01-02')", 1.0),
    ("format-date('2024-03-09', '%d/%m/%Y le %e/%n/%y, 100 %%')", "09/03/2024 le 9/3/24, 100 %"),
    ("format-date(${passe}, '%d')", ""),
    # arithmetic
    ("1 + 2 * 3 - 4 div 2", 5.0),
    ("2 - 1 - 1", 0.0),
    ("--3", 3.0),
    ("-2 * -3", 6.0),
    ("1 - -1", 2.0),
    ("-7 mod 3", -1.0),
    ("7 mod -3", 1.0),
    ("5 mod 0", NAN),
    ("5 mod (1 div 0)", 5.0),
    ("-5 div 0", -math.inf),
    ("0 div 0", NAN),
    ("${age}-4", 30.0),
    ("5 – 3", 2.0),  # Word's dash
    # what Word makes of quotes, and apostrophes that are none
    ("“a” = 'a' and ‘b’ = \"b\" and « c » = 'c'", True),
    ('"l’eau"', "l’eau"),
    # texts
    ("string(1000000)", "1000000"),
    ("string(0.0000001)", "0.0000001"),
    ("string(-1 div 0)", "-Infinity"),
    ("string(true())", "true"),
    ("concat('a', 1, true(), ${passe})", "a1true"),
    ("join('-', 'a', '', 'b')", "a--b"),
    ("substr('hello', 1, 3)", "el"),
    ("substr('hello', -3)", "llo"),
    ("substr('hello', -100, 2)", "he"),
    ("substr('hello', 'x')", "hello"),
    ("substr('hello', 3, 1)", ""),
    ("substr('hello', 0, 1 div 0)", "hello"),
    ("substring-before('a-b', '-')", "a"),
    ("substring-before('ab', '-')", ""),
    ("substring-after('a-b-c', '-')", "b-c"),
    ("substring-after('ab', '')", "ab"),
    ("contains('abc', '') and starts-with('abc', 'a') and ends-with('abc', 'bc')", True),
    ("normalize-space(${nom})", "Awa Traoré"),
    ("translate('aaa-b', 'aab-', 'xyz')", "xxxz"),
    ("string-length('é')", 1.0),
    ("upper-case('é')", "É"),
    ("lower-case('É')", "é"),
    ("regex('abc', 'b')", False),  # the whole text
    ("regex(${tel}, '[0-9]{2}( [0-9]{2}){3}')", True),
    (r"regex('٣', '\d')", False),  # Java's \d is 0 to 9
    ("regex('\n', '$')", False),
    # choices
    ("selected(${besoins}, 'rou')", False),
    ("selected(${passe}, 'eau')", False),
    ("selected('', '')", True),
    ("count-selected(${besoins}) + count-selected(${passe})", 2.0),
    ("selected-at(${besoins}, 1)", "route"),
    ("selected-at(${besoins}, 5)", ""),
    ("selected-at(${besoins}, -1)", ""),
    ("jr:choice-name(${sexe}, '${sexe}')", "sexe/femme"),
    ("jr:choice-name(${passe}, '${passe}')", ""),
    # conditions
    ("if(${passe}, 'oui', 'non')", "non"),
    ("coalesce(${passe}, ${vide}, 'c')", "c"),
    ("coalesce(0, 5)", 0.0),
    ("once('a')", 18.0),
    ("not('false')", False),
    ("boolean(0 div 0)", False),
    ("boolean('0')", True),
    # numbers
    ("number(' 5 ')", 5.0),
    ("number('.5')", 0.5),
    ("number('+5')", NAN),
    ("number('1e3')", NAN),
    ("number('1_000')", NAN),
    ("number('٣')", NAN),
    ("number('Infinity')", NAN),
    ("int(-2.9)", -2.0),
    ("int(1 div 0)", math.inf),
    ("round(2.5)", 3.0),
    ("round(-2.5)", -2.0),
    ("round(-1.235, 2)", -1.23),
    ("round(1234, -2)", 1200.0),
    ("round('')", NAN),
    ("floor(-1.2)", -2.0),
    ("ceiling(1.2)", 2.0),
    ("min(3, '', '2')", 2.0),
    ("max(-1, 0 div 0)", -1.0),
    ("max('', '')", NAN),
    ("sum(${age}, ${passe}, 1)", 35.0),
    ("abs(-2)", 2.0),
    ("pow(10, 400)", math.inf),
    ("pow(-10, 401)", -math.inf),
    ("pow(-8, 0.5)", NAN),
    ("pow(0, -1)", math.inf),
]


@pytest.mark.parametrize(("source", "expected"), RESULTS)
def test_an_expression_gives_what_odk_gives(source: str, expected: str | float | bool) -> None:
    assert repr(compile_expression(source).value(SCOPE)) == repr(expected)  # the same type, and NaN is NaN


ERRORS = [
    ("", "a value is missing at the end", 0),
    ("${a} = ", "a value is missing at the end", 7),
    ("and ${a}", "missing before “and”", 0),
    ("${a} AND ${b}", "write and in lower case", 5),
    ("${a} Or ${b}", "write or in lower case", 5),
    ("${a} == 1", "write =", 5),
    ("${a} && ${b}", "write and", 5),
    ("!${a}", "write not(...)", 0),
    ("${a} = true", "write true()", 7),
    ("${a} ${b}", "put an operator", 5),
    ("${a b} = 1", "the name of one question", 0),
    ("${a", "the name of one question", 0),
    ("#a", "take it out", 0),
    ("${a} = 'x", "quote is not closed", 7),
    ("(1 + 2", "not closed: add )", 0),
    ("1)", "not expected", 1),
    ("(1, 2)", "not expected", 2),
    ("concat(1,)", "missing before “)”", 9),
    ("slected(${a}, 'x')", "the closest is selected()", 0),
    ("1 + Selected(${a}, 'x')", "the closest is selected()", 4),
    ("selected(${a})", "takes 2 values between its parentheses, not 1", 0),
    ("substr('a')", "takes 2 to 3 values", 0),
    ("concat()", "takes 1 or more values", 0),
    ("true(1)", "takes 0 values", 0),
    ("pulldata('f', 'a', 'b', ${c})", "choice_filter", 0),
    ("instance('x')/root/item[name = 1]", "choice_filter", 0),
    ("indexed-repeat(${a}, ${b}, 1)", "no repeats", 0),
    ("current()/../a", "write ${name}", 0),
    ("../a", "write ${name}", 0),
    ("/data/a = 1", "write ${name}", 0),
    ("${a}/b", "write ${name}", 4),
    ("${a} / 2", "div to divide", 5),
    ("${last-saved#a}", "answered last time is not to be had on a phone", 0),
    ("random()", "same answers", 0),
    ("jr:choice-name(${a}, ${a})", "in quotes", 21),
    ("regex(${a}, ${b})", "in quotes", 12),
    ("regex(${a}, '[')", "cannot read this pattern", 12),
    ("regex(${a}, '(?x)#(\n(a+)+')", "'(?x' is not understood", 12),
    ("regex(${a}, '.*{}x')", "'{}x' is not understood", 12),  # Python reads {} as two characters
    (r"regex(${a}, '(a)\1')", "refers back", 12),
    ("regex(${a}, '(a')", "not closed", 12),
    ("regex(${a}, '*a')", "repeats nothing", 12),
    ("regex(${a}, 'a++b')", "never gives back", 12),
    ("regex(${a}, '((((a+b)+c)+d)+e)+')", "too many repeats inside each other", 12),
    ("format-date(today(), '%H:%M')", "cannot write %H", 21),
    ("format-date(today(), '50%')", "cannot write %", 21),
    ("format-date(today(), ${a})", "in quotes", 21),
    ("1" + " + 1" * 1_000, "longer than 4000", 4_000),
    ("(" * 2_000, "parentheses inside each other", 50),
    ("not(" * 60 + "1" + ")" * 60, "parentheses inside each other", 203),
]


@pytest.mark.parametrize(("source", "part", "position"), ERRORS, ids=lambda value: str(value)[:40])
def test_what_a_phone_cannot_do_is_refused_with_what_to_do_instead(source: str, part: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source)
    assert part in caught.value.message
    assert caught.value.position == position
    assert str(caught.value) == f"{caught.value.message} (character {position + 1})"


def test_an_expression_tells_what_it_depends_on() -> None:
    expression = compile_expression("${a} = village and jr:choice-name(${b}, '${ c }') = \"${d}\"")
    assert expression.names == {"a", "b", "c"}
    assert expression.columns == {"village"}


def test_expressions_are_equal_when_their_sources_are() -> None:
    again = compile_expression.__wrapped__("${a} = 1")
    assert compile_expression("${a} = 1") == again
    assert hash(compile_expression("${a} = 1")) == hash(again)
    assert compile_expression("${a} = 1") != compile_expression("${a} = 2")


def test_the_same_result_is_read_as_boolean_text_or_number() -> None:
    expression = compile_expression("${age} + 0.5")
    assert (expression.holds(SCOPE), expression.text(SCOPE), expression.number(SCOPE)) == (True, "34.5", 34.5)


def test_and_and_or_stop_at_the_first_value_that_decides() -> None:
    asked: list[str] = []

    def label(name: str, _: str) -> str:
        asked.append(name)
        return name

    scope = SCOPE._replace(label=label)
    assert compile_expression("1 or jr:choice-name('x', '${sexe}')").holds(scope)
    assert not compile_expression("0 and jr:choice-name('x', '${sexe}')").holds(scope)
    assert asked == []


def test_the_longest_chain_and_the_deepest_nest_are_computed() -> None:
    assert compile_expression("1" + "+1" * 1_999).number(SCOPE) == 2_000
    assert compile_expression("1" + " or 1" * 700).holds(SCOPE)
    assert compile_expression("-" * 3_999 + "1").number(SCOPE) == -1
    level = "not(1 and 0 = 0 < 0 + 1 * "
    assert compile_expression(level * 50 + "1" + ")" * 50).text(SCOPE) in ("true", "false")


HARD = [
    *("a*a*a*[bc]", "(a?a?a?a?){5}[bc]", "(a|a|a){13}[bc]", "a{0,200}.{0,200}\\w{0,200}[bc]", "(a+)+b", "(a|a)*b"),
    *("(a?){60}b", ".*.*.*.*x", "((a+)+)+b", "((a{1,40}){1,40}){1,40}b", "(?=(a+)+b)a*"),
    r"^(([0-9]{1})*[- .(]*([0-9]{3})[- .)]*[0-9]{3}[- .]*[0-9]{4})+$",  # from a form in use
]


@pytest.mark.parametrize("pattern", HARD)
def test_no_pattern_takes_more_than_a_fraction_of_a_second_on_the_worst_text(pattern: str) -> None:
    expression = compile_expression(f"regex(., '{pattern}')")
    for letter, length in (("a", 200), ("a", 40), ("1", 199), ("1", 39)):
        started = time.perf_counter()
        assert not expression.holds(Scope({}, here=letter * length + ("!" if letter == "1" else "")))
        assert time.perf_counter() - started < 0.3, (letter, length)


ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"[\d-]", "^", "$", r"\b", "-", "(?:)"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
        inner.map(lambda one: f"(?={one})"),
        inner.map(lambda one: f"(?!{one})"),
    ),
    max_leaves=6,
)


@settings(max_examples=1500, deadline=None)
@given(PATTERNS, st.text("ab1-", max_size=7))
def test_a_pattern_matches_what_a_backtracking_matcher_says(pattern: str, tried: str) -> None:
    try:
        is_match = compile_pattern(pattern)
    except PatternError as why:
        assert "too many repeats" in str(why)
    else:
        assert is_match(tried) == (re.fullmatch(pattern, tried, re.ASCII) is not None)


def test_a_text_too_long_for_a_pattern_does_not_match() -> None:
    expression = compile_expression("regex(., 'a*')")
    assert expression.holds(Scope({}, here="a" * 200))
    assert not expression.holds(Scope({}, here="a" * 201))


def test_a_typical_condition_takes_a_few_microseconds() -> None:
    expression = compile_expression("${sexe} = 'femme' and selected(${besoins}, 'eau')")
    runs = []
    for _ in range(20):
        started = time.perf_counter()
        for _ in range(1_000):
            expression.holds(SCOPE)
        runs.append(time.perf_counter() - started)
    assert min(runs) / 1_000 < 5e-6  # about 1.4 on the machine it was written on


# Whatever is written, and whatever was answered.

PIECES = [
    *"()+-*,.<>=/![]'\"",
    *(" and ", " or ", " div ", " mod ", "!=", "<=", "${a}", "${b}", "${c}", ".", "pop", "''", "'x'", "'2024-02-29'"),
    *("'%d/%m/%Y'", "'(a*)b?'", "0", "1", "2.5", "-1", "1 div 0", "'${a}'", "“é”", "999999999999", " "),
    *("selected(", "selected-at(", "count-selected(", "not(", "true()", "false()", "boolean(", "regex(", "int("),
    *("string-length(", "if(", "coalesce(", "today()", "now()", "number(", "string(", "concat(", "join(", "substr("),
    *("substring-before(", "substring-after(", "contains(", "starts-with(", "ends-with(", "normalize-space("),
    *("translate(", "lower-case(", "upper-case(", "round(", "floor(", "ceiling(", "min(", "max(", "sum(", "abs("),
    *("pow(", "date(", "decimal-date-time(", "format-date(", "once(", "jr:choice-name("),
]
TEXTS = st.text(max_size=12) | st.sampled_from(["2024-02-29", "2024-02-30", "9" * 400, " 5 ", "-", "9999-12-31"])
VALUES = st.none() | TEXTS | st.integers() | st.just(10**400) | st.floats() | st.lists(TEXTS, max_size=4).map(tuple)
LEAVES = st.sampled_from(["${a}", "${b}", ".", "pop", "''", "'x'", "'2024-02-29'", "0", "2.5", "(1 div 0)", "today()"])


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Sources that are right, most of the time: the functions with one to four values, and the operators."""
    names = st.sampled_from([piece for piece in PIECES if piece.endswith("(") and len(piece) > 1])
    calls = st.builds(lambda name, values: f"{name}{', '.join(values)})", names, st.lists(inner, min_size=1, max_size=4))
    signs = st.sampled_from(["and", "or", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod"])
    return calls | st.builds(lambda left, sign, right: f"({left} {sign} -{right})", inner, signs, inner)


SOURCES = st.recursive(LEAVES, compound, max_leaves=12) | st.lists(st.sampled_from(PIECES)).map("".join) | st.text()


@settings(max_examples=1_500, deadline=None)
@given(SOURCES, VALUES, VALUES, VALUES, TEXTS)
def test_a_source_is_refused_or_never_raises(source: str, a: Value, b: Value, here: Value, column: str) -> None:
    try:
        expression = compile_expression(source)
    except ExpressionError as error:
        assert 0 <= error.position <= len(source)
        return
    assert isinstance(expression, Expression)
    scope = Scope({"a": a, "b": b}, here, "2026-11-24", {"pop": column}, lambda name, question: name + question)
    assert isinstance(expression.holds(scope), bool)
    assert isinstance(expression.text(scope), str)
    assert isinstance(expression.number(scope), float)


# libxml2, through lxml, as a second reader of XPath 1.0: the part that ODK left as it was.

NOTHING = etree.XML("<a/>")


def libxml2(source: str) -> tuple[bool, str]:
    """XPath's boolean() and string() of a source without answers."""
    return etree.XPath(f"boolean({source})")(NOTHING), etree.XPath(f"string({source})")(NOTHING)


def standard(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """XPath that cannot make a lone `-`, which libxml2 takes for 0, or a number of which it writes only 15 digits."""
    signs = st.sampled_from(["and", "or", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "mod"])
    one = st.sampled_from(
        ["not", "boolean", "string", "number", "floor", "ceiling", "round", "string-length", "normalize-space"]
    )
    two = st.sampled_from(["contains", "starts-with"])
    return (
        st.builds(lambda left, sign, right: f"{left} {sign} {right}", inner, signs, inner)
        | st.builds(lambda name, value: f"{name}({value})", one, inner)
        | st.builds(lambda name, left, right: f"{name}({left}, {right})", two, inner, inner)
        | st.builds("({})".format, inner)
    )


STANDARD_LEAVES = [
    "0",
    "1",
    "2",
    "7",
    "-3",
    "2.5",
    "''",
    "'a'",
    "'ab'",
    "' a  b '",
    "'2'",
    "'-.5'",
    "true()",
    "false()",
]


@settings(max_examples=1_000, deadline=None)
@given(st.recursive(st.sampled_from(STANDARD_LEAVES), standard, max_leaves=8))
def test_what_odk_left_as_in_xpath_is_what_libxml2_computes(source: str) -> None:
    expression = compile_expression(source)
    assert (expression.holds(SCOPE), expression.text(SCOPE)) == libxml2(source)
