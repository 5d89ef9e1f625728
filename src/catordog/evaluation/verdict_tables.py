"""The tables of the page about verdicts, strangers, each question, and Asirra's challenge."""

from __future__ import annotations

from catordog.challenge.rules import RULES, Rule
from catordog.evaluation.outcome import TITLES, Reading
from catordog.evaluation.shares import Share
from catordog.evaluation.strangers import Strangers
from catordog.evaluation.tables import Readings, Row, Table, caption_of
from catordog.evaluation.wording import UNKNOWN, share, span, value, value_span
from catordog.labels import CLASSES, Label
from catordog.pages.wording import number
from catordog.plots.drawing import readable_name

_KINDS = {
    Label.CAT: "cats",
    Label.DOG: "dogs",
    Label.BOTH: "photos of both",
    Label.NEITHER: "photos of neither",
}


def list_verdicts(readings: Readings) -> Table:
    """Lists how many photos got their verdict, by label, and what became of pets."""
    head = ["verdict"]
    for name in readings:
        head += [caption_of(readings, name) or "photos", "share", "95 % interval"]
    told = [_tell_verdicts(reading) for reading in readings.values()]
    names = list(dict.fromkeys(name for rows in told for name in rows))
    empty = Share(0, 0)
    return Table(
        "",
        head,
        [
            Row(name, [cell for rows in told for cell in tell_share(rows.get(name, empty))])
            for name in names
        ],
    )


def _tell_verdicts(reading: Reading) -> dict[str, Share]:
    found = reading.verdicts
    rows = {"right verdict": found.right}
    rows |= {f"{_KINDS[label]} called {label}": it for label, it in found.by_label.items()}
    return rows | {
        "cats and dogs called right": found.pets_right,
        "cats and dogs lost (called neither)": found.pets_lost,
        "cats and dogs called both": found.pets_called_both,
    }


def tell_share(found: Share) -> list[str]:
    """Writes a count, its share and its interval."""
    if not found.of:
        return [UNKNOWN] * 3
    return [
        f"{number(found.count)} of {number(found.of)}",
        share(found.value),
        span(*found.interval),
    ]


def list_choices(readings: Readings) -> list[Table]:
    """Lists labels against the more likely of cat and dog, for each set of labels."""
    return [
        Table(
            caption_of(readings, name),
            ["", *(f"rather {chosen}" for chosen in CLASSES)],
            [
                Row(
                    f"labelled {label}",
                    [number(reading.figures.confusion[label, chosen]) for chosen in CLASSES],
                )
                for label in CLASSES
            ],
        )
        for name, reading in readings.items()
    ]


def list_strangers(readings: Readings, label: Label) -> list[Table]:
    """Lists the photos of one label, folder by folder, for each set of labels that differs."""
    found = {
        name: [one for one in reading.strangers if one.label is label]
        for name, reading in readings.items()
    }
    counts = [[(one.group, one.failed, one.said) for one in rows] for rows in found.values()]
    if all(count == counts[-1] for count in counts):
        # Cleaning that touches none of these photos only moves the AUROC's last digit.
        found = dict(list(found.items())[-1:])
    tables = []
    for name, rows in found.items():
        if not rows:
            continue
        apart = "AUROC from pets" if label is Label.NEITHER else "AUROC from one pet"
        others = [f"called {said}" for said in Label if said is not label]
        head = ["folder", "photos", f"called {label}", "95 % interval", *others]
        caption = TITLES[name] if len(found) > 1 else ""
        table = Table(caption, [*head, apart, "95 % interval"])
        table.rows.extend(_tell_strangers(one) for one in rows)
        tables.append(table)
    return tables


def _tell_strangers(one: Strangers) -> Row:
    called = [number(count) for said, count in one.said.items() if said is not one.label]
    apart = [value(one.auroc.value, 3), value_span(one.auroc.low, one.auroc.high, 3)]
    name = "all together" if one.is_total else readable_name(one.group, 40) or "no folder"
    right = [share(one.right.value), span(*one.right.interval)]
    return Row(name, [number(one.photos), *right, *called, *apart])


def list_questions(readings: Readings) -> list[Table]:
    """Lists how well each animal's own question is answered, for each set of labels."""
    tables = []
    for name, reading in readings.items():
        head = ["is there a ...", "photos", "with one", "calibration error", "log loss, nats"]
        table = Table(caption_of(readings, name), [*head, "95 % interval", "AUC", "95 % interval"])
        for one in reading.questions:
            loss, auc = one.log_loss, one.auc
            cells = [
                number(one.photos), number(one.contain), share(one.calibration_error),
                value(loss.value), value_span(loss.low, loss.high),
                value(auc.value, 5), value_span(auc.low, auc.high, 5),
            ]  # fmt: skip
            table.rows.append(Row(f"{one.label}?", cells))
        tables.append(table)
    return tables


def list_odds(readings: Readings) -> list[Table]:
    """Lists who passes Asirra's challenge how often, for each set of labels."""
    tables = []
    for name, reading in readings.items():
        if reading.odds is None:
            continue
        head, columns = [""], []
        for contender in reading.odds.contenders:
            is_drawn = contender.method == "drawn"
            what = "drawn" if is_drawn else f"{share(contender.accuracy)} a photo"
            head.append(f"{contender.name}, {what}")
            columns.append([pass_chance(float(rate)) for rate in contender.rates])
            if contender.low is not None and contender.high is not None:
                ends = zip(contender.low.tolist(), contender.high.tolist(), strict=True)
                head.append("95 % interval")
                columns.append([span(low, high) for low, high in ends])
        rows = [Row(_name_rule(rule), [c[at] for c in columns]) for at, rule in enumerate(RULES)]
        tables.append(Table(caption_of(readings, name), head, rows))
    return tables


def _name_rule(rule: Rule) -> str:
    """Names a rule in a few words."""
    if rule.token_bucket:
        text = f"bucket {rule.tries}"
    else:
        text = "first try" if rule.tries == 1 else f"{rule.tries} tries"
    return f"{text}, partial credit" if rule.partial_credit else text


def pass_chance(rate: float) -> str:
    """Writes a chance; a small one as one in so many.

    Example:
        >>> pass_chance(0.00218), pass_chance(0.9).replace(chr(160), " ")
        ('1 in 459', '90.00 %')
    """
    return f"1 in {number(1 / rate)}" if 0 < rate < 0.01 else share(rate)
