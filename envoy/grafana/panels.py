"""The kinds of panels in the dashboard, built with Grafana's library."""

from grafana_foundation_sdk.builders import bargauge, common, prometheus, stat, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    DataSourceRef,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
HEIGHT = 8
SHARE, COUNT, PER_SECOND, SECONDS, BYTES = "percentunit", "short", "reqps", "s", "bytes"

GREEN, YELLOW, RED, BLUE = "green", "yellow", "red", "blue"
# Thresholds: COVERAGE and HITS for values that should be high, NONE_WANTED for values that should be 0.
COVERAGE = [(None, RED), (0.9, YELLOW), (0.99, GREEN)]
HITS = [(None, RED), (0.5, YELLOW), (0.8, GREEN)]
NONE_WANTED = [(None, GREEN), (1, RED)]
PLAIN = [(None, BLUE)]


def thresholds(steps):
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(value, color) for value, color in steps])


def target(expr, legend):
    return prometheus.Dataquery().datasource(SOURCE).expr(expr).legend_format(legend)


def number(title, description, expr, unit, steps, width=3):
    """A single value for the whole time range."""
    panel = described(stat.Panel(), title, description, unit, width, 5).with_target(target(expr, title).instant())
    panel.thresholds(thresholds(steps)).color_mode(BigValueColorMode.BACKGROUND).graph_mode(BigValueGraphMode.NONE)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    return panel.min(0).max(1).decimals(1) if unit == SHARE else panel.decimals(0)


def bars(title, description, expr, legend, unit, steps, width=8):
    """One bar for each series, for the whole time range."""
    panel = described(bargauge.Panel(), title, description, unit, width).with_target(target(expr, legend).instant())
    panel.thresholds(thresholds(steps)).display_mode(BarGaugeDisplayMode.BASIC).orientation(VizOrientation.HORIZONTAL)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    return panel.min(0).max(1).decimals(1) if unit == SHARE else panel.min(0)


def lines(title, description, queries, unit, width=8, steps=None, colors=None):
    """One line for each series, over time. `queries` are pairs of PromQL and legend."""
    panel = over_time(title, description, queries, unit, width, colors).fill_opacity(8)
    if steps:
        panel.thresholds(thresholds(steps)).thresholds_style(
            common.GraphThresholdsStyleConfig().mode("dashed"),
        )
    return panel.max(1) if unit == SHARE else panel


def stacked(title, description, queries, unit, width=8, colors=None):
    """Like `lines`, but stacked, for parts of a whole."""
    panel = over_time(title, description, queries, unit, width, colors).fill_opacity(35)
    return panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))


def over_time(title, description, queries, unit, width, colors):
    panel = described(timeseries.Panel(), title, description, unit, width).min(0).line_width(1)
    for expr, legend in queries:
        panel.with_target(target(expr, legend))
    # So that a name has the same color in every panel.
    panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    for name, color in (colors or {}).items():
        fixed = DynamicConfigValue("color", {"mode": "fixed", "fixedColor": color})
        panel.override_by_name(name, [fixed])
    panel.legend(
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.TABLE)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
        .calcs(["mean", "lastNotNull"])
        .sort_by("Mean")
        .sort_desc(True)
    )
    panel.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    return panel


def described(panel, title, description, unit, width, height=HEIGHT):
    return panel.title(title).description(description).unit(unit).datasource(SOURCE).span(width).height(height)
