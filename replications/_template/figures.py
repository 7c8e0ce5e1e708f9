"""What the study shows."""

from lth_common.expressions import levels_plot, panel, run

bars = run("bars", "as_stated")
curves = {arm: bars[arm] for arm in ("magnitude", "gradient", "random")}

FIGURES = [levels_plot(
    "fig1", title="Tickets by three criteria", caption="Test accuracy over the weights remaining, mean over seeds.",
    y_label="test accuracy (%)", panels=[panel("bars", curves)])]
