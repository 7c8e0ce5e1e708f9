"""The paper's figures and tables, redrawn. It prints no numbers of its figures."""

from lth_common.expressions import (
    column,
    epochs_plot,
    levels_plot,
    network,
    networks_table,
    panel,
    pooled,
    published,
    run,
    setting,
    settings_table,
)

# Titles of panels by experiment.
CONTROL = {"cartpole": "CartPole", "acrobot": "Acrobot", "lunar_lander": "LunarLander"}
ATARI = {"assault": "Assault", "berzerk": "Berzerk", "breakout": "Breakout", "centipede": "Centipede",
         "kangaroo": "Kangaroo", "krull": "Krull", "qbert": "Qbert", "seaquest": "Seaquest",
         "space_invaders": "Space Invaders"}
WMT14 = {"transformer_base": "WMT'14, every weight", "transformer_base_layers": "WMT'14, layers only"}
MULTI30K = {"multi30k": "Multi30K, every weight", "multi30k_layers": "Multi30K, layers only"}

# Arms by label.
WINNING = {"winning ticket": "winning"}
ABLATIONS = WINNING | {"no late rewinding": "no_rewinding", "one-shot pruning": "one_shot"}
RANDOM = {"random mask, fresh weights": "random", "winning mask, fresh weights": "random_reinit"}

# Styles. Means over seeds on both sides of a cliff have no useful interval; each game has its own range of rewards.
REWARDS = {"unit": "reward", "y_shared": False}
REWARDS_BY_LEVEL = REWARDS | {"spread": "range"}
EPOCH_REWARDS = REWARDS_BY_LEVEL | {"y_label": "reward of the epoch's games"}
BLEU = {"unit": "bleu", "y_label": "BLEU"}


def panels(titles, arms, metric, split="test", over_epochs=None, variant="as_stated", **own):
    """A panel for each experiment."""
    return [panel(title, {label: run(experiment, variant)[arm].measuring(metric, split, over_epochs)
                          for label, arm in arms.items()}, **own)
            for experiment, title in titles.items()]


def ticket_rewards(titles, arms):
    """A panel for each game; the dense network's reward is a line across."""
    rewards = {title: run(game, "as_stated", "ticket_reward", "train") for game, title in titles.items()}
    return [panel(title, {label: of[arm] for label, arm in arms.items()} | {"dense network": of["winning"].at(0)})
            for title, of in rewards.items()]


def pooled_rewards(games):
    """All games as one: tickets against random ones, and the ablations."""
    first, *others = games
    arms = run(first, "as_stated", "ticket_reward", "train")
    as_one = pooled(others, zero=arms["winning"].measuring("start_reward"), one=arms["winning"])
    return [panel(title, {label: arms[arm] for label, arm in shown.items()}, pooled=as_one)
            for title, shown in (("against random tickets", WINNING | RANDOM), ("ablations", ABLATIONS))]


def layers(game, title, modules, remark):
    """How many weights of each layer of a game's network are kept, a panel for each layer."""
    return levels_plot(
        f"layers_{game}", f"Weights that global pruning leaves in each layer: {title}", f"(Ours.) {remark}",
        [shown for label, module in modules.items()
         for shown in panels({game: label}, ABLATIONS, f"kept:{module}.weight", "model")],
        y_label="weights kept", unit="count", y_log=True, y_shared=False, spread="range")


def learning(titles, curves):
    """A panel for each game: the rewards of each epoch, of arms at one level."""
    return [panel(title, {label: run(game, "as_stated", "reward", "train")[arm].at(level)
                          for label, (arm, level) in curves.items()})
            for game, title in titles.items()]


ROLES = {"random": "random_mask"}  # on fresh weights


def translations(name, title, of):
    """BLEU and validation loss of tickets on a corpus."""
    return [
        levels_plot(
            name, title,
            "Case-sensitive BLEU of tokens on the test set, averaged checkpoints, beam search. Left every weight is in "
            "the pool, right those of attention and feed-forward only.",
            panels(of, ABLATIONS | RANDOM, "bleu"), spread="range", **BLEU),
        levels_plot(
            f"{name}_loss", f"{title}: validation loss of the tickets",
            "(Ours.) Cross-entropy of the validation set after the last update, which is finer than BLEU.",
            panels(of, ABLATIONS | RANDOM, "loss", "validation", "last"), spread="range", unit="nats",
            y_label="validation loss (nats a subword)")]


FIGURES = [
    levels_plot(
        "fig1", "LSTM language model on WikiText-2 (figure 1)",
        "Log perplexity on the test set after the last epoch, lower is better. The paper prints no numbers of its "
        "figure. The second panel repeats what is low in the first.",
        [*panels({"wikitext2": "WikiText-2"}, ABLATIONS | RANDOM, "log_perplexity"),
         *panels({"wikitext2": "WikiText-2, enlarged"}, WINNING | {
             "no late rewinding": "no_rewinding", "winning mask, fresh weights": "random_reinit"}, "log_perplexity",
             y_shared=False),
         *panels({"wikitext2": "WikiText-2, tied"}, ABLATIONS | RANDOM, "log_perplexity", variant="tied")],
        y_label="log perplexity (nats a word)", unit="nats", panels_in_a_row=2),
    *translations("fig2", "Transformer Base on WMT'14 (figure 2)", WMT14),
    *translations("multi30k", "A small Transformer on Multi30K (ours, after figure 2)", MULTI30K),
    levels_plot(
        "fig3", "Transformer Big on WMT'14 (figure 3)",
        "Of its curve the paper prints the dense network's 29.3 (elsewhere 29.2) and 28.9 with 67 % pruned.",
        panels({"transformer_big": "WMT'14, every weight"}, WINNING, "bleu"), **BLEU),
    levels_plot(
        "fig4", "Classic control, winning against random tickets (figure 4)",
        "Mean reward of the last 100 training games, actions drawn from the policy. The paper prints no numbers of its "
        "figure. Random tickets in both readings: a random mask that keeps as many weights of each layer, or the "
        "winning ticket's own mask, each on fresh weights.",
        ticket_rewards(CONTROL, WINNING | RANDOM), y_label="reward of the ticket", **REWARDS_BY_LEVEL),
    levels_plot(
        "fig6", "Classic control, without late rewinding and without iterative pruning (figure 6)",
        "As figure 4. Without late rewinding each ticket starts from the initial weights, and its masks come from such "
        "tickets; one-shot tickets are pruned straight from the trained dense network.",
        ticket_rewards(CONTROL, ABLATIONS), y_label="reward of the ticket", **REWARDS_BY_LEVEL),
    levels_plot(
        "fig5", "Atari, winning against random tickets (figure 5)",
        "Mean reward of the last finished training games, actions drawn from the policy. The paper prints no numbers "
        "of its figure. A random mask keeps as many weights of each layer; where an arm has no marker at a level it "
        "was not run. At `laptop` the last games are 16, two in each place.",
        ticket_rewards(ATARI, WINNING | RANDOM), panels_in_a_row=3, y_label="reward of the ticket", **REWARDS_BY_LEVEL),
    levels_plot(
        "fig7", "Atari, without late rewinding and without iterative pruning (figure 7)",
        "As figure 5. The paper shows Assault, Breakout and Seaquest; the other games are ours.",
        ticket_rewards(ATARI, ABLATIONS), panels_in_a_row=3, y_label="reward of the ticket", **REWARDS_BY_LEVEL),
    levels_plot(
        "pooled", "Classic control, the three games as one",
        "(Ours.) Scores: 0 is the reward of the untrained dense network, 1 that of the trained one, in each game; then "
        "the interquartile mean over games and seeds, with a stratified bootstrap interval (Agarwal et al. 2021). "
        "Where the mean is near 0.2 hardly a run is: Acrobot's are near 1, the other games' near 0.",
        pooled_rewards(CONTROL), unit="fraction", y_label="score"),
    levels_plot(
        "pooled_atari", "Atari, the nine games as one",
        "(Ours.) Scores as in `pooled`. The interval takes the scale's two ends as given. The paper's ablations are of "
        "three of these games, Assault, Breakout and Seaquest.",
        pooled_rewards(ATARI), unit="fraction", y_label="score", panels_in_a_row=2),
    levels_plot(
        "start", "What a ticket can do before it is trained",
        "(Ours.) Mean reward of games with the ticket's starting weights. Late rewinding starts from a network that "
        "has learned for an epoch; what pruning leaves of that is the ticket's head start.",
        panels(CONTROL, {"winning ticket, rewound to epoch 1": "winning", "no late rewinding": "no_rewinding",
                         "one-shot pruning": "one_shot", "winning mask, fresh weights": "random_reinit"},
               "start_reward"), y_label="reward before training", **REWARDS_BY_LEVEL),
    *(layers(game, title, {"layer 1": "layers.0", "layer 2": "layers.1", "layer 3": "layers.2", "heads": "heads"},
             "One pool of all weights and biases: the first layer's initial weights are several times as large as the "
             "others', so it is pruned last and the others first. Where a layer keeps nothing, the policy is constant.")
      for game, title in CONTROL.items()),
    levels_plot(
        "atari_start", "What winning tickets of Krull and Seaquest can do before they are trained",
        "(Ours.) Mean reward of `start_games` games with the ticket's starting weights: the dense network's are fresh, "
        "those of tickets are a network's that has learned for an epoch, without the weights that ended smallest.",
        panels({"krull": "Krull", "seaquest": "Seaquest"}, WINNING, "start_reward"), y_label="reward before training",
        **REWARDS_BY_LEVEL),
    *(layers(game, title, {
        "convolution 1": "convolutions.0", "convolution 2": "convolutions.1", "convolution 3": "convolutions.2",
        "convolution 4": "convolutions.3", "hidden layer 1": "layers.0", "heads": "heads"},
             "Random masks keep as many as winning tickets. A convolution without weights passes on nothing of the "
             "screen: what its network still does is the same whatever it sees; a few weights need not make a path "
             "either. At scale `paper` there is a second hidden layer.")
      for game, title in (("krull", "Krull"), ("seaquest", "Seaquest"))),
    epochs_plot(
        "learning", "Learning of the dense network and of winning tickets",
        "(Ours.) Mean reward of the games of each epoch.",
        learning(CONTROL, {"dense": ("winning", 0), "33 % left": ("winning", 5), "11 % left": ("winning", 10),
                           "4 % left": ("winning", 14)}), **EPOCH_REWARDS),
    epochs_plot(
        "atari_learning", "Atari, learning of the dense network and of tickets",
        "(Ours.) Mean reward of the games that end in each epoch, of the seeds that have any. All games start "
        "together, so the first points are those of the shortest games; at `laptop` a training of Krull is about five "
        "games long. Levels 2 and 6 leave 64 and 26 % of the weights at 20 % a level, 27 and 2 % at `laptop`.",
        learning(ATARI, {"dense": ("winning", 0),
                         "winning ticket, level 2": ("winning", 2), "random mask, level 2": ("random", 2),
                         "winning ticket, level 6": ("winning", 6), "random mask, level 6": ("random", 6)}),
        panels_in_a_row=3, **EPOCH_REWARDS),
]


def stated(subject, experiment, item, settings):
    """Rows of settings of one experiment: what the row says, the setting's key, and the series that has the paper's."""
    return [setting(f"{subject}: {label}", experiment, key, published(item, series)) for label, key, series in settings]


def of_game(game, name, networks):
    """Rows of the networks of one game: arm and level by label."""
    return [network(f"{name}, {label}", run(game, "as_stated")[arm].at(level))
            for label, (arm, level) in networks.items()]


TABLES = [
    settings_table(
        "protocol", "What the paper states of its protocol, and what is run",
        "Section 3 and table A1; settings of one game stand for all where the paper gives one number.",
        ["as_stated"],
        [*stated("classic control", "cartpole", "sec3.1", [
            ("pruning rate", "prune.rates.linear", "iterative pruning rate p"),
            ("pruning rounds", "prune.levels", "RL pruning iterations")]),
         *stated("classic control", "cartpole", "sec3.3 classic", [
             ("threads", "data.threads", "parallel game threads"),
             ("steps of a thread between updates", "train.steps", "steps per block"),
             ("reward divisor", "train.reward_divisor", "reward divisor"),
             ("RMSprop, learning rate", "train.optimizer.lr", "RMSprop learning rate"),
             ("RMSprop, alpha", "train.optimizer.alpha", "RMSprop alpha"),
             ("RMSprop, epsilon", "train.optimizer.eps", "RMSprop epsilon")]),
         *stated("Atari", "krull", "sec3.3 atari", [
             ("threads", "data.threads", "parallel game threads"),
             ("steps of a block", "train.steps", "steps per block"),
             ("entropy cost", "train.entropy", "entropy cost"),
             ("clip of rewards and advantages", "train.clip", "reward and advantage clip (upper)"),
             ("importance ratio clamp", "train.ratio_clamp", "importance ratio clamp"),
             ("Adam, learning rate", "train.optimizer.lr", "Adam learning rate"),
             ("Adam, epsilon", "train.optimizer.eps", "Adam epsilon")]),
         *stated("language model", "wikitext2", "sec3.2 LSTM", [
             ("layers", "model.layers", "layers"),
             ("hidden units", "model.hidden", "hidden size"),
             ("embedding", "model.embedding", "embedding size"),
             ("dropout", "model.dropout", "dropout between the two recurrent layers"),
             ("words that gradients reach back", "data.window", "BPTT length"),
             ("batch", "train.batch_size", "batch size"),
             ("Adam, learning rate", "train.optimizer.lr", "Adam learning rate"),
             ("Adam, epsilon", "train.optimizer.eps", "Adam epsilon"),
             ("training", "train.budget", "ticket evaluation training length"),
             ("pruning rate", "prune.rates.linear", "pruning rate"),
             ("pruning rounds", "prune.levels", "pruning iterations"),
             ("rewinding to", "prune.rewind.to", "late rewinding point")]),
         *stated("Transformer (ours: on Multi30K)", "multi30k", "sec3.2 MT", [
             ("training", "train.budget", "training length")]),
         *stated("Transformer (ours: on Multi30K)", "multi30k", "sec4.1 MT", [
             ("rewinding to", "prune.rewind.to", "late rewinding point")])]),
    networks_table(
        "rewards", "Rewards of the dense network, of tickets and of random play",
        "The paper prints no such numbers. The last games are 100 in classic control, `train.last_games` on Atari, of "
        "which the dense network alone is shown.",
        [column("before training", "start_reward", unit="reward"),
         column("after training (last games)", "ticket_reward", "train", unit="reward"),
         column("environment steps", "environment_steps", "train", unit="steps"),
         column("weights kept", "kept", "model", unit="count")],
        [*(row for game, name in (CONTROL | {"lunar_lander": "Lander"}).items() for row in of_game(game, name, {
            "dense": ("winning", 0), "winning ticket, 33 %": ("winning", 5), "random ticket, 33 %": ("random", 5),
            "winning ticket, 8.6 %": ("winning", 11), "random ticket, 8.6 %": ("random", 11),
            "winning ticket, 1.2 %": ("winning", 20)})),
         *(row for game, name in ATARI.items() for row in of_game(game, name, {"dense": ("winning", 0)}))]),
]
