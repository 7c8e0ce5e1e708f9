"""The paper's figures and tables, redrawn."""

from lth_common.expressions import (
    column,
    dots_plot,
    epochs_plot,
    histograms,
    network,
    networks_table,
    panel,
    point,
)

from .claims import (
    ACCURACY,
    AS_IN_TABLES,
    CONTROLS,
    FC1,
    FC1_SEARCH,
    GAP,
    INNER_OVER_OUTER,
    LAST_ACCURACY,
    LENET5,
    LENET5_SEARCH,
    LOSS,
    PEAKS,
    SKEWNESS,
    TRUE_SCALE,
    networks,
    ours,
    theirs,
)

AT_10 = ("pruned 10", "reinit 10", "remask 10")
TEST_ACCURACY = "test accuracy (%)"
AS_PRINTED = column("max mean test accuracy, as printed", "accuracy", over_epochs="at_max_of_mean", unit="fraction",
                    scale=0.9216, published="max_average_test_accuracy")
AT_TRUE_SCALE = column("true scale", "accuracy", over_epochs="at_max_of_mean", unit="fraction",
                       published="max_average_test_accuracy", published_scale=TRUE_SCALE)
EPOCH_OF_BEST = column("at epoch", "accuracy", over_epochs="epoch_of_max_of_mean", unit="count",
                       published="epoch_of_max_average_accuracy")
EPOCH_OF_LOWEST = column("at epoch of lowest loss", "loss", "train", over_epochs="epoch_of_min_of_mean", unit="count",
                         published="epoch_of_min_training_loss")
PEAKS_FINE = column("peaks, half the smoothing", "survivors_peaks_fine", "model", unit="count")


def curves(of, size, best, epoch):
    """Our curves over training; the paper's `best` value, and the epoch at which it is."""
    shown = {"full": of["full"], "pruned (ticket)": of[f"pruned {size}"], "reinit": of[f"reinit {size}"],
             "remask": of[f"remask {size}"]}
    return {label: (net.curve.measuring(best.metric, best.split), point(theirs(epoch, net), theirs(best, net)))
            for label, net in shown.items()}


def over_training(name, title, of, remark="", y_limits=None, **loss_axis):
    """Figures 2 and 4."""
    sizes = {26: "26.2 % of the weights", 10: "10.7 % of the weights"}
    return epochs_plot(
        name, title,
        "The band is the range of the trials, as in the paper; curves end with this scale's budget. Open markers: the "
        "published maximum of the mean accuracy (divided by 0.9216, A1) and minimum of the mean loss, at their epochs; "
        f"the curves themselves cannot be read off.{remark}",
        [*(panel(share, curves(of, size, ACCURACY, EPOCH_OF_BEST), y_limits=y_limits) for size, share in sizes.items()),
         *(panel(f"{share}, training loss", curves(of, size, LOSS, EPOCH_OF_LOWEST), unit="nats",
                 y_label="training loss (nats)", **loss_axis) for size, share in sizes.items())],
        TEST_ACCURACY, spread="range", panels_in_a_row=2)


def best_accuracies(title, nets):
    return panel(title, {net.label: (ours(ACCURACY, net), theirs(ACCURACY, net)) for net in nets})


def reading(title, variant):
    """Another reading of the text, beside what the paper has."""
    nets = networks("fc1", variant)
    return panel(title, {FC1[name].label: (ours(ACCURACY, nets[name]), theirs(ACCURACY, FC1[name])) for name in AT_10})


# What the arms are that are not named as their role: their colours. Those of D_n are new weights or a new mask, too.
ROLES = {"full": "dense", "search": "winning", "dn_reinit": "random_reinit", "dn_reinit_signs": "random_reinit",
         "dn_reinit_per_layer": "random_reinit", "dn_reinit_per_layer_signs": "random_reinit",
         "dn_remask": "random_mask", "dn_remask_per_layer": "random_mask"}

FIGURES = [
    over_training("fig2", "FC-1 over training: full, pruned, re-initialised and remasked (figure 2)", FC1,
                  " The axis of the accuracies leaves out the first epochs.", y_limits=(95, 99), y_log=True),
    over_training("fig4", "LeNet5 over training: full, pruned, re-initialised and remasked (figure 4)", LENET5,
                  " Epochs on a logarithmic axis where the published 300 are more than four times ours."),
    histograms("fig5", "The weights that tickets start from (figure 5)",
               "Density of the surviving initial weights, all layers together; mean and range of the trials. The "
               "published histograms cannot be read off. Peaks, gap and skewness are measured in the table "
               "\"histograms\".",
               [panel(title, {net.label: net.curve for net in nets.values()})
                for title, nets in (("FC-1", FC1_SEARCH), ("LeNet5", LENET5_SEARCH))],
               "density", spread="range", unit="count"),
    dots_plot("accuracies", "Highest mean test accuracy of each network (tables 1 and 3)",
              "Published: printed accuracy divided by 0.9216 (A1).",
              [best_accuracies("FC-1", FC1.values()), best_accuracies("LeNet5", LENET5.values())], TEST_ACCURACY),
    dots_plot("controls", "What is lost when a ticket's weights are redrawn: FC-1, 10.7 % of the weights",
              "The first three are the paper's; each of the others changes one thing of reinit (claims C13_*).",
              [best_accuracies("FC-1", [*(FC1[name] for name in AT_10), *CONTROLS.values()])], TEST_ACCURACY),
    dots_plot("readings", "Pruned, reinit and remask under other readings of the text: FC-1, 10.7 % of the weights",
              "Each panel changes one thing (the variants below). The axes differ; at a reduced scale the published "
              "nets were trained for longer.",
              [reading("layer by layer", "layerwise"), reading("j = 5 steps", "five_steps"),
               reading("learning rate 3e-4", "lr_3e4"), reading("learning rate 1e-4", "lr_1e4")],
              TEST_ACCURACY, panels_in_a_row=2),
]


def accuracies_and_losses(name, title, of):
    return networks_table(
        name, title,
        "Printed scale: accuracy × 0.9216 (A1). Epochs are those of the mean's maximum and minimum, as in the paper, "
        "where the test set chooses the epoch; the last column chooses nothing. Ours end with this scale's budget.",
        [AS_PRINTED, AT_TRUE_SCALE, EPOCH_OF_BEST, LOSS, EPOCH_OF_LOWEST, LAST_ACCURACY],
        [network(*of[row]) for row in AS_IN_TABLES])


def weights_left(name, title, of, layers):
    """`layers`: names of weights by column."""
    return networks_table(name, f"Weights left in each layer of {title}",
                          "One threshold for all layers; counts, mean over trials.",
                          [column(label, f"kept:{layer}.weight", "model", unit="count")
                           for label, layer in layers.items()], [network(*net) for net in of.values()])


TABLES = [
    accuracies_and_losses("table1", "FC-1 on MNIST (table 1)", FC1),
    accuracies_and_losses("table3", "LeNet5 on CIFAR-10 (table 3)", LENET5),
    networks_table("histograms", "The histograms of figure 5, measured",
                   "Of all surviving initial weights; how peaks and gap are defined stands in "
                   "`lth_common/analysis/survivors.py`. Claims are judged by the first column; the second tells where "
                   "the count hangs on the smoothing.",
                   [PEAKS, PEAKS_FINE, INNER_OVER_OUTER, GAP, SKEWNESS],
                   [network(f"{name}, {share}", net.curve)
                    for name, of in (("FC-1", FC1_SEARCH), ("LeNet5", LENET5_SEARCH)) for share, net in of.items()]),
    weights_left("layers_fc1", "FC-1", FC1_SEARCH, {"first": "layers.0", "second": "layers.1", "output": "layers.2"}),
    weights_left("layers_lenet5", "LeNet5", LENET5_SEARCH,
                 {"conv 1": "conv1", "conv 2": "conv2", "linear 1": "fc1", "linear 2": "fc2", "output": "fc3"}),
]
