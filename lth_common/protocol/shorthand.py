"""Names for what a paper compares again and again: `networks` (a row each) and `measures` (a column each).

Tables, figures and rules of paper.yaml may give these names in place of the full selection; they are put in here,
before the paper is validated, so that everything after knows one form only.
"""

from typing import Any

from pydantic import Field

from lth_common.errors import LTHError
from lth_common.protocol.schema.analysis import Column
from lth_common.protocol.schema.base import Name, Strict, parse, suggestion
from lth_common.protocol.schema.selections import Published

NETWORK_KEYS = ("experiment", "variant", "arm", "level")
MEASURE_KEYS = ("metric", "split", "over_epochs")
LEVEL_KEYS = ("across_levels", "weights_remaining", "levels", "where")


class Network(Strict):
    """One network of a paper: an arm at a level; `published` is its item and series in published.csv."""

    label: str
    experiment: Name
    variant: Name
    arm: Name
    level: int = Field(ge=0)
    published: Published | None = None


class _Names(Strict):
    networks: dict[Name, Network] = {}
    measures: dict[Name, Column] = {}


def expand(raw: Any, file: str) -> Any:
    """The document of paper.yaml without `networks` and `measures`, their names replaced by what they stand for.

    - table: `columns: [measure, …]`, `rows: [network, …]`
    - panel of a figure: `series: [network, …]`, which also say its experiment and variant; with `measure: …` beside
      the figure's title the metric and the published numbers follow too; `points: {epoch: measure, value: measure}`
      puts a published point on each curve over epochs, `labels: […]` gives the networks other names
    - rule: `{of: network, against: network, measure: …}`; label, unit and published numbers follow, `variant: …`
      takes both networks in another variant (where nothing was published). A measure `across_levels` takes all levels
      of the network's arm: the network's own level does not count, in rules as in tables

    Raises:
        LTHError: for a name that is not there, a panel of networks of several experiments or variants, or a figure of
            a measure `across_levels`.
    """
    if not isinstance(raw, dict) or not raw.keys() & {"networks", "measures"}:
        return raw
    raw = dict(raw)
    names = parse(_Names, {key: raw.pop(key) for key in ("networks", "measures") if key in raw}, file)
    for kind, one in (("tables", _table), ("figures", _figure), ("claims", _claim)):
        if isinstance(raw.get(kind), dict):
            raw[kind] = {key: one(item, names, f"{file}: {kind}.{key}") if isinstance(item, dict) else item
                         for key, item in raw[kind].items()}
    return raw


def _table(table: dict, names: _Names, where: str) -> dict:
    def row(name: Any) -> Any:
        return _plain(_network(names, name, f"{where}.rows")) if isinstance(name, str) else name

    def column(name: Any) -> Any:
        return _plain(_measure(names, name, f"{where}.columns")) if isinstance(name, str) else name

    return table | {key: [one(entry) for entry in table[key]] for key, one in (("rows", row), ("columns", column))
                    if isinstance(table.get(key), list)}


def _figure(figure: dict, names: _Names, where: str) -> dict:
    figure = dict(figure)
    measure = _measure(names, figure.pop("measure"), f"{where}.measure") if "measure" in figure else None
    if measure is not None and measure.across_levels is not None:
        raise LTHError(f"{where}.measure: '{measure.label}' is one number of all levels, a figure shows levels; legal: "
                       "measures without 'across_levels'")
    if measure is not None:
        figure = {"unit": measure.unit} | _plain(measure, MEASURE_KEYS) | figure
    if isinstance(figure.get("panels"), list):
        figure["panels"] = [_panel(panel, measure, names, f"{where}.panels.{i}") if isinstance(panel, dict) else panel
                            for i, panel in enumerate(figure["panels"])]
    return figure


def _panel(panel: dict, measure: Column | None, names: _Names, where: str) -> dict:
    series = panel.get("series")
    if not isinstance(series, list) or not all(isinstance(name, str) for name in series) or not series:
        return panel
    networks = [_network(names, name, f"{where}.series") for name in series]
    if len({(network.experiment, network.variant) for network in networks}) > 1:
        raise LTHError(f"{where}.series: {', '.join(series)} are of several experiments or variants; "
                       "legal: networks of one, a panel for each")
    panel = {"experiment": networks[0].experiment, "variant": networks[0].variant} | panel
    points = panel.pop("points", {})
    if not isinstance(points, dict):
        raise LTHError(f"{where}.points: {points!r} is not legal; legal: {{epoch: measure, value: measure}}")
    at = {key: _measure(names, points[key], f"{where}.points.{key}") for key in ("epoch", "value") if key in points}
    if points and at.keys() != {"epoch", "value"} or points.keys() - at.keys():
        raise LTHError(f"{where}.points: {points!r} is not legal; legal: {{epoch: measure, value: measure}}")
    labels = panel.pop("labels", None) or [network.label for network in networks]
    if not isinstance(labels, list):
        raise LTHError(f"{where}.labels: {labels!r} is not legal; legal: a list with a label for each network")
    if len(labels) != len(networks):
        raise LTHError(f"{where}.labels: {len(labels)} labels for {len(networks)} networks")
    drawn = [_plain(network, ("arm", "level")) | {"label": label} | _published(network, measure) | _point(network, at)
             for network, label in zip(networks, labels, strict=True)]
    return panel | {"series": drawn}


def _claim(claim: dict, names: _Names, where: str) -> dict:
    rules = claim.get("rules")
    if not isinstance(rules, list):
        return claim
    return claim | {"rules": [_rule(rule, names, f"{where}.rules.{i}") if isinstance(rule, dict) and "measure" in rule
                              else rule for i, rule in enumerate(rules)]}


def _rule(rule: dict, names: _Names, where: str) -> dict:
    rule = dict(rule)
    measure = _measure(names, rule.pop("measure"), f"{where}.measure")
    variant = rule.pop("variant", None)
    sides = {key: _network(names, rule[key], f"{where}.{key}") for key in ("of", "against") if key in rule}
    quantity = rule.get("quantity", "difference" if "against" in sides else "value")
    sign = {"difference": " − ", "ratio": " / "}.get(quantity, "")
    unit = {"difference": "points" if measure.unit == "percent" else measure.unit, "ratio": "ratio"}
    full = {"label": f"{measure.label}, {sign.join(network.label for network in sides.values())}",
            "quantity": quantity, "unit": unit.get(quantity, measure.unit)} | _plain(measure, LEVEL_KEYS) | rule
    keys = NETWORK_KEYS if measure.across_levels is None else NETWORK_KEYS[:-1]
    for key, network in sides.items():
        full[key] = _plain(network, keys) | _plain(measure, MEASURE_KEYS) | \
            ({"variant": variant} if variant is not None else {})
    published = {key: _published(network, measure).get("published") for key, network in sides.items()}
    if variant is None and all(published.values()) and published:
        full = {"published": published} | full
    return full


def _published(network: Network, measure: Column | None) -> dict:
    """{'published': …} of a network in a measure; {} where the paper has no number."""
    if network.published is None or measure is None or measure.published is None:
        return {}
    return {"published": _plain(network.published) | {"y_name": measure.published, "scale": measure.published_scale}}


def _point(network: Network, at: dict[str, Column]) -> dict:
    """{'point': …}: the published epoch and value of a network; {} where the paper has none."""
    found = {key: _published(network, measure).get("published") for key, measure in at.items()}
    return {"point": found} if at and all(found.values()) else {}


def _network(names: _Names, name: Any, where: str) -> Network:
    if not isinstance(name, str) or name not in names.networks:
        raise LTHError(f"{where}: '{name}' is not one of networks{suggestion(str(name), list(names.networks))}")
    return names.networks[name]


def _measure(names: _Names, name: Any, where: str) -> Column:
    if not isinstance(name, str) or name not in names.measures:
        raise LTHError(f"{where}: '{name}' is not one of measures{suggestion(str(name), list(names.measures))}")
    return names.measures[name]


def _plain(model: Strict, keys: tuple[str, ...] | None = None) -> dict:
    """What was given of a schema object (of `keys`) as plain data."""
    return model.model_dump(mode="json", exclude_unset=True, include=set(keys) if keys else None)
