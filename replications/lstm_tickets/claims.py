"""What the paper says, and the rules that decide it."""

from typing import NamedTuple

from lth_common.expressions import claim, count, derive, fraction, percent, points, published, rule, run
from lth_common.expressions.curves import Curve, Published


class Network(NamedTuple):
    """A network that is pruned: what rules call it, our curve, and the paper's, which begins with 10 % pruned."""

    name: str
    ours: Curve
    theirs: Published | None = None


LEVELS = {10: 1, 50: 9, 80: 15, 90: 17, 95: 18, 99: 22}  # of pruning rates (%) in figures 1 and 2
POSITIVE_TWEETS, COIN = 0.317, 0.5  # accuracies of a constant prediction

# Figure 1.
tweets, tweets_stated = run("tweets", "as_released"), run("tweets", "as_stated")
TWO = Network("2 layers", tweets["pruned_layers2"], published("fig1", "2 Layers"))
FOUR = Network("4 layers", tweets["pruned_layers4"], published("fig1", "4 Layers"))
SIX = Network("6 layers, lower lr", tweets["pruned_layers6"], published("fig1", "6 Layers | 1E-4"))
SIX_FAST = Network("6 layers, 1e-3", tweets["pruned_layers6_fast"], published("fig1", "6 Layers | 1E-3"))
TWEETS = [TWO, FOUR, SIX, SIX_FAST]
TWO_FAST = Network("2 layers, 1e-3", tweets["pruned_layers2_fast"])
TWO_STATED = Network("2 layers", tweets_stated["pruned_layers2"])
SIX_STATED = Network("6 layers, 1e-3", tweets_stated["pruned_layers6_fast"])

# Figure 2.
imdb = run("imdb", "as_released")
IMDB_THREE = Network("3 layers", imdb["pruned_layers3"], published("fig2", "3 Layers"))
IMDB_FOUR = Network("4 layers", imdb["pruned_layers4"], published("fig2", "4 Layers (grey)"))
IMDB_SLOW = Network("4 layers, lower lr", imdb["pruned_layers4_slow"], published("fig2", "4 Layers (light blue)"))
IMDB_SIX = Network("6 layers", imdb["pruned_layers6"], published("fig2", "6 Layers"))
IMDB_EIGHT = Network("8 layers", imdb["pruned_layers8"], published("fig2", "8 Layers"))
IMDB = [IMDB_THREE, IMDB_FOUR, IMDB_SLOW, IMDB_SIX, IMDB_EIGHT]
IMDB_STATED = Network("4 layers", run("imdb", "as_stated")["pruned_layers4"])
THREE_OUTPUTS = Network("three outputs", run("imdb_outputs", "three_outputs")["pruned"])
TWO_OUTPUTS = Network("two outputs", run("imdb_outputs", "two_outputs")["pruned"])

# Figure 3: the ticket against the same mask on fresh weights.
ticket, ticket_stated = run("imdb_ticket", "as_released"), run("imdb_ticket", "as_stated")
FIGURE_3 = published("fig3", "Winning Ticket") - published("fig3", "Randomly Initialized")

# Figure 4: networks by learning rate, before and after two more epochs.
retrained, retrained_stated = run("imdb_retrained", "as_released"), run("imdb_retrained", "as_stated")
RATES = {"lowest": ("lr1", "1e-5"), "middle": ("lr5", "5e-5"), "highest": ("lr10", "1e-4")}
BEFORE = {name: Network(name, retrained[f"pruned_{lr}"], published("fig4", f"lr {printed} before post-prune training"))
          for name, (lr, printed) in RATES.items()}
AFTER = {name: Network(name, retrained[f"retrained_{lr}"], published("fig4", f"lr {printed} after post-prune training"))
         for name, (lr, printed) in RATES.items()}

iterative = run("imdb_iterative", "as_released")


def keeps(network, rate, loss, data=""):
    """With so many per cent pruned at most so many points are lost."""
    return since_10(f"{data}{network.name}: {rate} % pruned − 10 % pruned ≥ −{loss} points", network, rate,
                    at_least=points(-loss))


def loses(network, rate, loss, data=""):
    """With so many per cent pruned at least so many points are lost."""
    return since_10(f"{data}{network.name}: {rate} % pruned − 10 % pruned ≤ −{loss} points", network, rate,
                    at_most=points(-loss))


def since_10(label, network, rate, **bounds):
    """From 10 % pruned to another rate (%)."""
    return rule(label, network.ours.at(LEVELS[rate]) - network.ours.at(LEVELS[10]), **bounds,
                published=network.theirs - network.theirs if network.theirs else None)


def compared(label, one, other, **bounds):
    """Two networks with 10 % pruned."""
    return rule(label, one.ours.at(LEVELS[10]) - other.ours.at(LEVELS[10]), **bounds,
                published=one.theirs - other.theirs if one.theirs and other.theirs else None)


def last_before_collapse(network, chance, down_to):
    """Weights left at the last rate before the first collapse: an accuracy below halfway from dense to chance."""
    return network.ours.remaining(down_to, 0.92).where(halfway_to=chance).lowest_weights_unbroken()


def not_collapsed(network, left):
    """With so many weights left (%) the network has not collapsed."""
    return rule(f"{network.name}: not collapsed with {left} % remaining",
                last_before_collapse(network, POSITIVE_TWEETS, 0.0099), at_most=percent(left + 0.3),
                published=network.theirs)


def not_constant(network):
    return rule(f"{network.name}: 90 % pruned, no class for more than 90 % of the tweets",
                network.ours.at(LEVELS[90]).measuring("most_predicted"), at_most=percent(90))


def collapses(network, down_to):
    """Between 60 and 90 % pruning."""
    return rule(f"{network.name}: last rate before the collapse leaves 14 to 46 %",
                last_before_collapse(network, COIN, down_to), at_least=percent(14), at_most=percent(46),
                published=network.theirs)


def holds_no_further(label, deeper, other, chance):
    return rule(label, last_before_collapse(deeper, chance, 0.049) - last_before_collapse(other, chance, 0.049),
                at_least=points(-2), published=deeper.theirs - other.theirs)


def by_depth(label, depths, networks, chance, down_to):
    """Rank correlation of depth with how far a network can be pruned."""
    lowest = [(last_before_collapse(network, chance, down_to), network.theirs) for network in networks]
    return rule(label, derive(rank_correlation, *lowest, gives="number", depths=depths), at_least=fraction(-0.3))


def rank_correlation(table, depths):
    """Spearman's rank correlation.

    Of depth with each seed's numbers (a row a seed, a column a network); ties have their mean rank. 0 if all of one
    are equal, none of fewer than three networks.
    """
    from numpy import corrcoef, nan

    def of_seed(ranks):
        if ranks.isna().any():
            return nan
        of_depths = ranks.index.to_series().map(dict(enumerate(depths))).rank()
        differ = of_depths.nunique() > 1 and ranks.nunique() > 1
        return corrcoef(of_depths, ranks)[0, 1] if differ else 0.0

    return table.rank(axis=1).apply(of_seed, axis=1) if table.shape[1] >= 3 else table.iloc[:0, 0]


def minimum(levels):
    return levels["value"].min(skipna=False)


def maximum(levels):
    return levels["value"].max(skipna=False)


def where_constant(curve):
    """Trainings alone whose network predicts one class for all."""
    return curve.where(metric="most_predicted", split="test", at_least=0.99999)


def over_fresh(arms, left):
    """What the ticket has more than fresh weights while weights between two shares are left."""
    return (arms["winning"] - arms["random"]).remaining(*left)


def over_fresh_at(arms, rate, gap, theirs=None):
    """At one pruning rate (%)."""
    level = {70: 11, 80: 12}[rate]
    return rule(f"{rate} %: ticket − fresh weights ≥ {gap} points",
                arms["winning"].at(level) - arms["random"].at(level), at_least=points(gap), published=theirs)


def over_fresh_from_half(arms, theirs=None):
    return rule("50 to 60 %: ticket − fresh weights, mean, ≥ 1 point", over_fresh(arms, (0.39, 0.51)),
                at_least=points(1), published=theirs)


def over_fresh_at_all(arms, theirs=None):
    return rule("50 to 80 % pruned: ticket − fresh weights, mean > 0", over_fresh(arms, (0.19, 0.51)),
                at_least=points(0.001), published=theirs)


def as_good_as_dense(arms):
    return rule("up to 80 %: ticket − dense ≥ −2 points at every rate",
                (arms["winning"] - arms["winning"].at(0)).remaining(0.19, 0.92).every(), at_least=points(-2))


def gain(name, left):
    """What two more epochs bring while weights between two shares are left."""
    return (AFTER[name].ours - BEFORE[name].ours).remaining(*left)


def published_gain(name):
    return AFTER[name].theirs - BEFORE[name].theirs


CLAIMS = [
    claim("C1_tweets", where="section VI-A, figure 1; as released, so half of the output layer's weights",
          says="Tweets: trained networks keep their accuracy when half of the weights are removed.",
          rules=[keeps(network, 50, 2) for network in TWEETS]),
    claim("C1_imdb", where="section VI-A, figure 2; as released, so half of the output layer's weights",
          says="IMDB: trained networks keep their accuracy when half of the weights are removed.",
          rules=[keeps(network, 50, 2) for network in IMDB]),
    claim("C1_as_stated", where="section VI-A; as stated",
          says="The same for half of all weights, the LSTM's too.",
          rules=[keeps(TWO_STATED, 50, 2, "tweets, "), keeps(SIX_STATED, 50, 2, "tweets, "),
                 keeps(IMDB_STATED, 50, 2, "IMDB, ")]),
    claim("C2", where="section VI-A, figure 1; as released",
          says="Tweets: networks stand more than 90 % pruning; most collapse after 95 % only.",
          rules=[*(keeps(network, 80, 5.5) for network in TWEETS),
                 *(not_collapsed(network, 5) for network in (TWO, FOUR, SIX)), not_collapsed(SIX_FAST, 10),
                 *(not_constant(network) for network in TWEETS)]),
    claim("C2_as_stated", where="section VI-A; as stated",
          says="The same with all weights of LSTM and output layer pruned.",
          rules=[keeps(TWO_STATED, 80, 5.5), not_collapsed(TWO_STATED, 5),
                 keeps(SIX_STATED, 80, 5.5), not_collapsed(SIX_STATED, 10),
                 not_constant(TWO_STATED), not_constant(SIX_STATED)],
          comment="With the LSTM pruned too, 2 layers collapse at 85 to 90 % in every seed."),
    claim("C3", where="section VI-A, figure 1; as released, as worded",
          says="Tweets: depth drives accuracy; 6 layers are best, 2 worst.",
          rules=[compared(f"10 % pruned: {deeper.name} − {other.name} ≥ 0", deeper, other, at_least=points(0))
                 for deeper, other in ((SIX_FAST, FOUR), (SIX, FOUR), (FOUR, TWO))]),
    claim("C3_rate", where="section VI-A; as released",
          says="(Ours.) At one learning rate depth decides less than the learning rate does at one depth.",
          rules=[compared("6 layers, 1e-3 − 6 layers, lower lr ≥ 2 points", SIX_FAST, SIX, at_least=points(2)),
                 compared("2 layers, 1e-3 − 2 layers, lower lr ≥ 2 points", TWO_FAST, TWO, at_least=points(2)),
                 compared("lower lr: 6 layers within 2 points of 2 layers", SIX, TWO, within=points(2)),
                 compared("1e-3: 6 layers within 2 points of 2 layers", SIX_FAST, TWO_FAST, within=points(2))]),
    claim("C4_dense", where="section VI-A, figure 2; as released",
          says="(A condition for comparing at all.) With 10 % pruned the networks have the accuracy of the published "
               "ones, 65 to 72 %.",
          rules=[rule(f"{network.name}: 10 % pruned, 65 to 72 %", network.ours.at(LEVELS[10]), at_least=percent(65),
                      at_most=percent(72), published=network.theirs) for network in IMDB]),
    claim("C4", where="section VI-A, figure 2; as released", requires=["C4_dense"],
          says="IMDB: networks break down between 60 and 90 % pruning, each elsewhere.",
          rules=[collapses(network, down_to=0.0099) for network in IMDB]),
    claim("C4_as_stated", where="section VI-A; as stated",
          says="The same with all weights of LSTM and output layer pruned.",
          rules=[collapses(IMDB_STATED, down_to=0.099)]),
    claim("C5", where="section VI-A, figure 2; as released",
          says="IMDB: accuracy never drops below one half; where the curves end the prediction is constant.",
          rules=[*(rule(f"{network.name}: lowest of all rates ≥ 49.5 %",
                        derive(minimum, network.ours.remaining(0.0099, 0.92)), at_least=percent(49.5),
                        published=network.theirs) for network in IMDB),
                 *(rule(f"{network.name}: 95 % pruned, all predictions equal",
                        network.ours.at(LEVELS[95]).measuring("most_predicted"), at_least=percent(99.9))
                   for network in (IMDB_FOUR, IMDB_EIGHT)),
                 *(rule(f"{network.name}: from 90 % pruned on at most 51 %",
                        derive(maximum, network.ours.remaining(0.0099, 0.101)), at_most=percent(51),
                        published=network.theirs) for network in IMDB)]),
    claim("C6", where="section VI-A, figure 1; as released, as worded",
          says="Tweets: accuracy falls to the low thirties.",
          rules=[rule(f"{network.name}: 99 % pruned, 30 to 35 %", network.ours.at(LEVELS[99]), at_least=percent(30),
                      at_most=percent(35), published=network.theirs) for network in TWEETS]),
    claim("C6_constant", where="section VI-A, figure 1; as released",
          says="(Our reading of C6.) With 99 % pruned one class is predicted for nearly all tweets, whatever its "
               "share.",
          rules=[rule(f"{network.name}: 99 % pruned, one class for ≥ 95 % of the tweets",
                      network.ours.at(LEVELS[99]).measuring("most_predicted"), at_least=percent(95))
                 for network in TWEETS]),
    claim("C7", where="section VI-A, figures 1 and 2; as released",
          says="Accuracy and resistance to pruning are lower on IMDB than on tweets.",
          rules=[compared("4 layers, 10 % pruned: IMDB − tweets ≤ 0", IMDB_FOUR, FOUR, at_most=points(0)),
                 loses(IMDB_FOUR, 90, 10, "IMDB, "), keeps(FOUR, 90, 5.5, "tweets, ")]),
    claim("C7_outputs", where="sections VI-A and VII; output layer pruned",
          says="(Ours.) IMDB breaks early because of the output that is never a label: with an output for each class "
               "it stands 90 % pruning.",
          rules=[loses(THREE_OUTPUTS, 90, 10), keeps(TWO_OUTPUTS, 90, 2),
                 *(rule(f"three outputs: where all predictions are equal, the output '{name}' has no weight left",
                        derive(maximum, where_constant(THREE_OUTPUTS.ours.measuring(f"kept:output.weight[{place}]",
                                                                                     "model"))),
                        at_most=count(0)) for place, name in ((0, "negative"), (2, "positive"))),
                 rule("three outputs: where all predictions are equal, lowest accuracy is 50 %",
                      derive(minimum, where_constant(THREE_OUTPUTS.ours)), at_least=percent(49.99)),
                 rule("three outputs: where all predictions are equal, highest accuracy is 50 %",
                      derive(maximum, where_constant(THREE_OUTPUTS.ours)), at_most=percent(50.01))],
          comment="Wherever a network with three outputs predicts one class for all, the two useful outputs have no "
                  "weight left. The two rules about points lost are undecided because seeds fall at different rates."),
    claim("C8", where="section VI-A, figures 1 and 2; as released",
          says="No positive correlation between depth and resistance to pruning.",
          rules=[by_depth("tweets: rank correlation of depth with the weights left at the last rate before the "
                          "collapse ≥ −0.3", (2, 4, 6, 6), TWEETS, POSITIVE_TWEETS, down_to=0.0099),
                 by_depth("IMDB: the same", (3, 4, 4, 6, 8), IMDB, COIN, down_to=0.049),
                 holds_no_further("tweets, lower lr: 6 layers hold no further than 2 (last rate's weights, difference "
                                  "≥ −2 points)", SIX, TWO, POSITIVE_TWEETS),
                 holds_no_further("IMDB, higher lr: 8 layers hold no further than 4 (the same)", IMDB_EIGHT, IMDB_FOUR,
                                  COIN)]),
    claim("C9", where="section VI-B, figure 3; as released (the mask is applied once)",
          says="A mask on the original weights beats the same mask on fresh ones; alike up to 45 %, the fresh ones "
               "then collapse, the ticket holds past 80 %.",
          rules=[rule("up to 45 %: ticket − fresh weights within 1.5 points at every rate",
                      over_fresh(ticket, (0.54, 0.92)).every(), within=points(1.5), published=FIGURE_3),
                 over_fresh_from_half(ticket, FIGURE_3),
                 over_fresh_at(ticket, 70, 3, FIGURE_3),
                 over_fresh_at(ticket, 80, 10, FIGURE_3),
                 as_good_as_dense(ticket)],
          comment="The ticket is not seen to lose up to 80 %; fresh weights are 7 points behind it at 70 % (−2 to 16) "
                  "and 12 at 80 % (3 to 21). Cliffs at different rates leave the intervals too wide for the paper's "
                  "own sizes. At 90 % both are at 50 % in every seed, as published."),
    claim("C9_as_stated", where="section VI-B; as stated",
          says="The same with pruned weights kept at 0, and all of a review read.",
          rules=[over_fresh_from_half(ticket_stated), over_fresh_at(ticket_stated, 80, 10),
                 as_good_as_dense(ticket_stated)]),
    claim("C9_direction", where="section VI-B, figure 3; as released",
          says="(A weaker form.) The ticket is better than fresh weights at high rates, by however little.",
          rules=[over_fresh_at_all(ticket, FIGURE_3)]),
    claim("C9_direction_as_stated", where="section VI-B; as stated",
          says="The same with pruned weights kept at 0.",
          rules=[over_fresh_at_all(ticket_stated)]),
    claim("C10", where="section VI-C, figure 4; as released",
          says="Two epochs after pruning usually raise accuracy.",
          rules=[*(rule(f"{name} lr: mean gain from 10 to 80 % pruned > 0", gain(name, (0.19, 0.92)),
                        at_least=points(0.001), published=published_gain(name)) for name in RATES),
                 *(compared(f"10 % pruned, before: {higher} − {lower} lr ≥ 1 point", BEFORE[higher], BEFORE[lower],
                            at_least=points(1)) for higher, lower in (("highest", "middle"), ("middle", "lowest")))]),
    claim("C10_as_stated", where="section VI-C; as stated",
          says="The same with all weights pruned.",
          rules=[rule("highest lr: gain at 50 and 80 % pruned, mean > 0",
                      (retrained_stated["retrained_lr10"] - retrained_stated["pruned_lr10"]).remaining(0.19, 0.51),
                      at_least=points(0.001))]),
    claim("C11", where="section VI-C, figure 4; as released",
          says="Past 60 % pruning two more epochs help all three networks.",
          rules=[rule(f"{name} lr: gain > 0 at every rate from 60 to 85 %", gain(name, (0.14, 0.41)).every(),
                      at_least=points(0.001), published=published_gain(name)) for name in RATES]),
    claim("C11_mean", where="section VI-C, figure 4; as released",
          says="(Our reading of C11.) The mean gain past 60 % pruning is positive.",
          rules=[rule(f"{name} lr: mean gain from 60 to 85 % > 0", gain(name, (0.14, 0.41)),
                      at_least=points(0.001), published=published_gain(name)) for name in RATES]),
    claim("C12", where="section VI-C, figure 4; as released, as worded",
          says="The network with the lowest learning rate always gains 5 to 10 points.",
          rules=[rule("gain within 5 to 10 points at every rate up to 80 %", gain("lowest", (0.19, 0.92)).every(),
                      at_least=points(5), at_most=points(10), published=published_gain("lowest"))],
          comment="The network with the lowest rate is the least trained one. At laptop it is trained less than in the "
                  "paper, and one seed of three had learned nothing before pruning. The paper's own points lie between "
                  "1.5 and 3.7."),
    claim("C12_reading", where="section VI-C, figure 4; as released",
          says="(Our reading of C12, what the figure shows.) It gains 1 to 5 points from 15 to 80 %.",
          rules=[rule("gain within 1 to 5 points at every rate from 15 to 80 %",
                      gain("lowest", (0.19, 0.86)).every(), at_least=points(1), at_most=points(5),
                      published=published_gain("lowest"))]),
    claim("C13", where="sections VI-B and VII; 20 % a round",
          says="LSTMs obey the lottery ticket hypothesis (read as iterative pruning with pruned weights kept at 0).",
          rules=[rule("ticket − dense ≥ −1 point in every round down to 33 % remaining",
                      (iterative["winning"] - iterative["winning"].at(0)).remaining(0.32, 0.81).every(),
                      at_least=points(-1)),
                 rule("ticket − fresh weights > 0, mean of rounds with 33 to 51 % remaining",
                      (iterative["winning"] - iterative["random"]).remaining(0.32, 0.52), at_least=points(0.001))],
          comment="In 392 steps the dense network has learned in one seed of three only, tickets in all, fresh weights "
                  "hardly ever. So the first rule compares with a network that has mostly not learned."),
    claim("C13_late", where="extension",
          says="(Ours.) Tickets rewound to one epoch beat those rewound to 0.",
          rules=[rule("late rewinding − rewinding to 0 > 0, mean of rounds with 33 to 51 % remaining",
                      (iterative["late_rewinding"] - iterative["winning"]).remaining(0.32, 0.52),
                      at_least=points(0.001))]),
    claim("V1", where="control for the vectors that stand in for GloVe's",
          says="(Ours.) The word vectors carry much of what is learned: skip-gram vectors beat random ones.",
          rules=[rule("dense: skip-gram − random vectors ≥ 2 points",
                      run("imdb_vectors", "skipgram_vectors")["winning"].at(0)
                      - run("imdb_vectors", "random_vectors")["winning"].at(0), at_least=points(2))]),
]
