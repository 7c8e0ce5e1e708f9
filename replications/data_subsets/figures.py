"""The paper's figures and tables, redrawn."""

from lth_common.expressions import (
    column,
    levels_plot,
    measurement,
    network,
    networks_table,
    panel,
    published,
    run,
    setting,
    settings_table,
)

from .claims import (
    FIG1_CONV2,
    FIG1_LENET,
    FIG2_CONV2,
    FIG2_LENET,
    FIG3_CONV2,
    FIG3_LENET,
    FIG4_BOTTOM,
    FIG4_STOP,
    FIG4_TOP,
    HEALTHY,
    S2_CONTROLS,
    S10_CONTROLS,
    conv2,
    conv2_changed,
    conv2_halves,
    conv2_stops,
    conv2_stops_stated,
    lenet_stops,
    lenet_stops_stated,
    shufflenet,
    shufflenet_stop,
    validated,
    validated_bottom,
)

VARIANTS = {"as released": "as_released", "as stated": "as_stated"}
TEST_ACCURACY, VALIDATION_ACCURACY = "test accuracy (%)", "validation accuracy (%)"
STOP_AXES = {"step": {"y_label": "early-stopping iteration", "unit": "steps", "y_log": True},
             "epoch": {"y_label": "early-stopping epoch", "unit": "epochs"},
             "samples": {"y_label": "samples seen at the early stop", "unit": "samples", "y_log": True}}
# Seeds on both sides of a cliff, or epochs that the budget ends, have no useful interval.
RANGE, CHANCE = {"spread": "range"}, {"marks": {"chance, 10 %": 0.1}}

shufflenet_stated = run("shufflenet", "as_stated")
FIG4_TOP_VALIDATED = published("fig4_top", "validation accuracy")
validated_stated = run("shufflenet", "as_stated", "early_stop_accuracy", "validation")


def halves_panels(experiment, theirs, **own):
    """Figure 1: both halves of the data, and controls."""
    for title, variant in VARIANTS.items():
        arms = run(experiment, variant)
        yield panel(title, {"S1": (arms["s1"], theirs["S1"]), "S2": (arms["s2"], theirs["S2"]),
                            **{f"S2, {control}": arms[arm] for control, arm in S2_CONTROLS.items()}}, **own)


def subsets_panels(experiment, subsets, theirs, **own):
    """Figure 2: tickets from subsets, trained on all data; and one of them beside its controls."""
    for title, variant in VARIANTS.items():
        arms = run(experiment, variant)
        tickets = {f"s = {s} %": (arms[f"ticket_s{s}"], theirs.get(s)) for s in subsets}
        yield panel(title, {"s = 100 %": (arms["search_s100"], theirs[100]), **tickets}, **own)
        yield panel(f"{title}, controls", {"s = 10 %": tickets["s = 10 %"], **{
            f"s = 10 %, {control}": arms[arm] for control, arm in S10_CONTROLS.items()}}, **own)


def stops_panel(title, ours, theirs, **own):
    """Figure 3: early stops by subset."""
    return panel(title, {f"s = {s} %": (stop, theirs[s]) for s, stop in ours.items()}, **own)


def stops_in_epochs(ours, theirs):
    """Figure 3 in epochs, where all subsets stop alike: a panel for each, since their curves would hide one another."""
    return [panel(f"s = {s} %", {f"s = {s} %": (stop, theirs["epoch"][s])}) for s, stop in ours["epoch"].items()]


# What the arms are that are not named as their role: their colours.
ROLES = {"s2": "winning", "s2_reinit": "random_reinit", "s2_random_mask": "random_mask", "search": "winning",
         "search_s100": "winning", "reinit_s10": "random_reinit", "random_mask_s10": "random_mask",
         "reinit": "random_reinit"}

FIGURES = [
    levels_plot("fig1_lenet", "Tickets found on one half of the data, trained on the other half (figure 1, LeNet)",
                "Published points are at their true sparsity: the paper's axis is shifted by one round, its \"80 %\" "
                "is the dense network. Test accuracy on all 10,000 images; the authors used the first 1,000.",
                halves_panels("lenet_split", FIG1_LENET), TEST_ACCURACY),
    levels_plot("fig2_lenet", "Tickets found on s % of the data, trained on all of it (figure 2, LeNet)",
                "The published curves show these rounds only; the curve of 100 % is its own search.",
                subsets_panels("lenet_subsets", (80, 40, 20, 10, 4), FIG2_LENET), TEST_ACCURACY, panels_in_a_row=2),
    levels_plot("fig3_lenet", "Early-stopping iteration of training on s % of the data (figure 3, LeNet)",
                "Iteration of the first best validation accuracy of the search on s % of the data. The budget caps it: "
                "20 epochs as released; as stated 30,000 iterations, fewer at a reduced scale (see the deviations).",
                [stops_panel("as released", lenet_stops["step"], FIG3_LENET["step"]),
                 stops_panel("as stated", lenet_stops_stated, FIG3_LENET["step"])], **STOP_AXES["step"], **RANGE),
    levels_plot("fig3_lenet_epochs", "The same early stops in epochs (figure 3, LeNet)",
                "As released. Published: iterations of the authors' logs divided by the batches of an epoch.",
                stops_in_epochs(lenet_stops, FIG3_LENET), panels_in_a_row=3, **STOP_AXES["epoch"], **RANGE),
    levels_plot("fig3_lenet_samples", "The same early stops in samples seen (figure 3, LeNet)",
                "Published: iterations of the authors' logs times the batch size.",
                [stops_panel("as released", lenet_stops["samples"], FIG3_LENET["samples"])], **STOP_AXES["samples"],
                **RANGE),
    levels_plot("fig1_conv2", "Tickets found on one half of the data, trained on the other half (figure 1, Conv2)",
                "Test accuracy on all 10,000 images; the authors used the first 1,000.",
                halves_panels("conv2_split", FIG1_CONV2, **CHANCE), TEST_ACCURACY, **RANGE),
    levels_plot("fig1_conv2_collapse",
                "Why Conv2 falls to chance: the search on S1 with one or two things changed (ours, figure 1)",
                "Released: no activation function, linear weights from N(0, 0.001), weight decay 1e-3. The other "
                "panels change what their titles say and nothing else (but see the deviations of this scale). The "
                "published curve, of the released network, stands in all of them.",
                [panel(change, {"S1": (curve, FIG1_CONV2["S1"])}, **CHANCE)
                 for change, curve in {"as released": conv2_halves["s1"], **conv2_changed}.items()],
                TEST_ACCURACY, panels_in_a_row=2, **RANGE),
    levels_plot("fig2_conv2", "Tickets found on s % of the data, trained on all of it (figure 2, Conv2)",
                "Test accuracy on all 10,000 images; the authors used the first 1,000.",
                subsets_panels("conv2_subsets", (80, 40, 30, 10), FIG2_CONV2, **CHANCE), TEST_ACCURACY,
                panels_in_a_row=2, **RANGE),
    levels_plot("fig3_conv2", "Early-stopping iteration of training on s % of the data (figure 3, Conv2)",
                "First best validation accuracy of the search on s % of the data. Published samples: the read-off "
                "iterations times the batch size.",
                [stops_panel("as released", conv2_stops["step"], FIG3_CONV2["step"], **STOP_AXES["step"]),
                 stops_panel("as released, in samples seen", conv2_stops["samples"], FIG3_CONV2["samples"],
                             **STOP_AXES["samples"]),
                 stops_panel("as stated", conv2_stops_stated, FIG3_CONV2["step"], **STOP_AXES["step"])],
                STOP_AXES["step"]["y_label"], unit="steps", panels_in_a_row=2, **RANGE),
    levels_plot("fig3_conv2_epochs", "The same early stops in epochs (figure 3, Conv2)",
                "As released. Published: the read-off iterations divided by the batches of an epoch (245, 156, 76, 56 "
                "and 20); the budget is 20 epochs there.",
                stops_in_epochs(conv2_stops, FIG3_CONV2), panels_in_a_row=3, **STOP_AXES["epoch"], **RANGE),
    levels_plot("fig4_top", "ShuffleNet, batch-norm weights not pruned (figure 4, top)",
                "Accuracies of the early-stopped weights, batch norm in evaluation mode. Published early stops are "
                "epoch indices from 0, here plus 1.",
                [panel("test accuracy", {"ticket": (shufflenet["search"], FIG4_TOP),
                                         "random reinit": shufflenet["reinit"],
                                         "random mask": shufflenet["random_mask"]}),
                 panel("test accuracy, as stated (groups)", {"ticket": (shufflenet_stated["search"], FIG4_TOP)}),
                 panel("validation accuracy",
                       {"ticket": (validated["search"], FIG4_TOP_VALIDATED)},
                       y_label=VALIDATION_ACCURACY),
                 panel("early stop", {"ticket": (shufflenet_stop, FIG4_STOP)}, **STOP_AXES["epoch"])],
                TEST_ACCURACY, x_log=False, panels_in_a_row=2),
    levels_plot("fig4_bottom",
                "ShuffleNet, batch-norm weights pruned (figure 4, bottom) and, under the same settings, not pruned",
                "The published panels differ in seven settings, and both stand beside the matched ones here, which "
                "differ in nothing but the pruning of batch-norm weights.",
                [panel("that panel's own settings", {"batch norm pruned": (validated_bottom, FIG4_BOTTOM)}),
                 *(panel(title, {"not pruned": (arms["search"], FIG4_TOP_VALIDATED),
                                 "batch norm pruned": (arms["norm_pruned"], FIG4_BOTTOM)})
                   for title, arms in (("matched settings, as released", validated),
                                       ("matched settings, as stated (groups)", validated_stated)))],
                VALIDATION_ACCURACY, x_log=False, panels_in_a_row=3),
    levels_plot("shufflenet_settings",
                "ShuffleNet: learning rate, late rewinding, and how batch norm is scored (C10, extensions)",
                "Left: constant 2e-4 against 1e-2 in steps, and tickets rewound to one epoch. Right: as the released "
                "code.",
                [panel("evaluation mode", {"steps, rewound to 0": (shufflenet["search"], FIG4_TOP),
                                           "steps, rewound to 1 epoch": shufflenet["late_rewinding"],
                                           "constant rate": shufflenet["constant_lr"],
                                           "warm-up": shufflenet["warm_up"]}),
                 panel("scored with batch statistics",
                       {"steps, rewound to 0": (run("shufflenet", "batch_statistics")["search"], FIG4_TOP)})],
                TEST_ACCURACY, x_log=False),
]


def table1(name, theirs, caption, experiment, counted, rates, more=()):
    """One column of table 1 as rows. `counted`: the network whose weights are; `rates`: kinds of layers by label."""
    def printed(y_name):
        return published("table1", theirs, y_name)

    rows = [measurement("prunable weights", counted.measuring("prunable_weights", "model"), printed("all_weights")),
            measurement("all parameters", counted.measuring("all_weights", "model")),
            *more,
            setting("mini-batch", experiment, "train.batch_size", printed("mini_batch")),
            setting("budget", experiment, "train.budget", printed("iterations")),
            *(setting(f"pruned a round, {label}", experiment, f"prune.rates.{kind}",
                      printed("prune_conv_percent" if kind == "conv" else "prune_fc_percent"), unit="percent")
              for label, kind in rates.items()),
            setting("optimiser", experiment, "train.optimizer.name", printed("optimizer")),
            setting("data set", experiment, "data.name", printed("dataset"))]
    return settings_table(name, f"Networks and training (table 1, {theirs} column)", caption,
                          ["as_stated", "as_released"], rows)


TABLES = [
    table1("table1", "LeNet",
           "The printed 10 % for fully connected layers is true of the output layer only (released code; section 6). "
           "Iterations at this scale are in the list of deviations.",
           "lenet_subsets", run("lenet_subsets", "as_stated")["search_s100"],
           {"hidden layers": "linear", "output layer": "output"},
           [setting("hidden layers", "lenet_subsets", "model.hidden", published("table1", "LeNet", "fc_layers"))]),
    table1("table1_conv2", "Conv2",
           "Convolutions of 64 and 64 channels, pooling, linear layers of 256, 256 and 10, as printed. Behind the "
           "figures is the network without padding, 2,875,584 weights. The 10 % of fully connected layers are the "
           "output layer's. Iterations and mini-batch at this scale are in the list of deviations.",
           "conv2_subsets", run("conv2_weights", "as_stated")["dense"],
           {"convolutions": "conv", "hidden layers": "linear", "output layer": "output"}),
    table1("table1_shufflenet", "ShuffleNet",
           "The released network has ungrouped 1×1 convolutions; with the first there are 49 convolutions, the paper "
           "counts 48. As stated they have two groups, and half as many weights. Iterations, mini-batch and rates at "
           "this scale are in the list of deviations.",
           "shufflenet", shufflenet_stated["search"], {"convolutions": "conv", "linear layer": "linear"}),
    networks_table("collapse", "Where Conv2 falls to chance",
                   "Weights remaining at the last round of an unbroken healthy run (test accuracy of at least 15 %), "
                   "seed by seed.",
                   [column("healthy down to", "selected_accuracy", across_levels="lowest_weights_unbroken",
                           where={"at_least": HEALTHY})],
                   [*(network(f"{half}, as released", conv2_halves[half.lower()]) for half in ("S1", "S2")),
                    network("s = 100 %, as released", conv2["search_s100"]),
                    *(network(f"s = {s} %, search", conv2[f"search_s{s}"]) for s in (80, 40, 30, 10)),
                    *(network(f"s = {s} %, tickets on all data", conv2[f"ticket_s{s}"]) for s in (30, 10)),
                    network("S1, Kaiming initialisation", conv2_changed["Kaiming initialisation"]),
                    network("S1, no weight decay", conv2_changed["no weight decay"]),
                    network("S1, ReLU and no weight decay", conv2_changed["ReLU, no weight decay"])]),
]
