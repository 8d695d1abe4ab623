"""Tables of clones."""

from her2omics.tables.columns import CASE, Table, integer, interval, number, text

TABLES = (
    Table(
        "mutations",
        "one mutation in one sample; the columns after patient are those of PyClone-VI",
        (
            text("patient", "patient id"),
            text("mutation_id", "mutation, as in the input"),
            text("sample_id", "sample id"),
            integer("cluster_id", "cluster of the mutation; -1: of none"),
            number(
                "cellular_prevalence",
                "share of cancer cells that carry the cluster (posterior median)",
                "share of cancer cells",
            ),
            number("cellular_prevalence_std", "its posterior SD", "share of cancer cells"),
            number("cluster_assignment_prob", "probability of that cluster", "probability"),
            *interval(
                "ccf", "share of cancer cells that carry the mutation", "share of cancer cells"
            ),
        ),
    ),
    Table(
        "clusters",
        "one cluster of mutations in one sample",
        (
            text("patient", "patient id"),
            integer("cluster_id", "cluster; 0 has the largest fractions"),
            text("sample_id", "sample id"),
            *interval(
                "ccf", "share of cancer cells that carry the cluster", "share of cancer cells"
            ),
            number("ccf_mean", "posterior mean of ccf", "share of cancer cells"),
            number("ccf_sd", "posterior SD of ccf", "share of cancer cells"),
            integer("mutations", "mutations of the cluster", "mutations"),
            integer("covered", "... that have reads in the sample", "mutations"),
        ),
    ),
    Table(
        "clones",
        "one clone in one sample",
        (
            text("patient", "patient id"),
            integer("clone", "clone: the cluster of this number"),
            text("parent", "clone it descends from; empty = normal cells"),
            text("sample", "sample id"),
            *interval(
                "ccf",
                "share of cancer cells of the clone and its descendants, under the tree",
                "share of cancer cells",
            ),
            *interval(
                "prevalence",
                "share of cancer cells of the clone and of no descendant",
                "share of cancer cells",
            ),
            integer("mutations", "mutations of the cluster", "mutations"),
            text(
                "carries_erbb2_amplification",
                "whether its cells are amplified, by the copies of all samples; empty = not sure",
                "yes",
                "no",
            ),
            number("p_carries_erbb2_amplification", "of the same", "probability"),
        ),
    ),
    Table(
        "clone_samples",
        "one sample with mutations",
        (
            text("patient", "patient id"),
            text("sample_id", "sample id"),
            number("tumour_content", "purity as given", "share of cells"),
            number("purity_factor", "purity the clusters ask for over the one given"),
            number("purity_fitted", "their product, at most 1", "share of cells"),
            number("precision", "precision of the reads' beta-binomial", "a + b"),
            integer("mutations", "mutations of the patient", "mutations"),
            integer("covered", "... that have reads in the sample", "mutations"),
            number("median_depth", "median depth of those", "reads"),
        ),
    ),
    Table(
        "cluster_shifts",
        "one cluster of mutations in one case",
        (
            *CASE,
            integer("cluster_id", "cluster"),
            integer("mutations", "mutations of the cluster", "mutations"),
            number("ccf_baseline", "posterior mean", "share of cancer cells"),
            number("ccf_followup", "posterior mean", "share of cancer cells"),
            number("p_shift", "that they differ by more than `ccf_shift`", "probability"),
            number("log10_bayes_factor", "different against the same fraction", "log10"),
            number("p_sweep", "below .5 at baseline, above .85 later", "probability"),
            number("p_loss", "above .85 at baseline, below .5 later", "probability"),
            text(
                "call",
                "what is sure with `shift_probability`",
                "clonal",
                "followup_private_clonal",
                "baseline_private_clonal",
                "sweep",
                "collapse",
                "new",
                "loss",
                "expansion",
                "contraction",
                "stable",
                "unresolved",
            ),
            number("power", "to call a change of .25 in this cluster", "probability"),
            number(
                "detectable_change",
                "least change called with probability .8; empty = none is",
                "share of cancer cells",
            ),
        ),
    ),
    Table(
        "amplicon_branch",
        "one case whose baseline has an amplicon with reads of SNPs or mutations",
        (
            *CASE,
            number(
                "log_lr",
                "amplification on the branch that disappeared, against on the trunk and lost",
                "natural log likelihood ratio",
            ),
            integer("mutations", "mutations on the amplicon that both samples cover", "mutations"),
            number(
                "haplotype_share",
                "of the follow-up's DNA, the haplotype that is amplified in the baseline",
                "share of DNA",
            ),
        ),
    ),
    Table(
        "lineage",
        "one case: whether both tumours descend from one",
        (
            *CASE,
            integer("shared", "mutations in both samples", "mutations"),
            integer("shared_rare", "... that are no hotspots", "mutations"),
            integer("private_baseline", "clonal at baseline, visibly absent later", "mutations"),
            integer("private_followup", "clonal later, visibly absent at baseline", "mutations"),
            number("log10_lr", "likelihood ratio of one origin at its best", "log10"),
            number(
                "log10_bayes_factor",
                "ratio averaged over what true pairs share; below 0: two origins",
                "log10",
            ),
            text(
                "call",
                "by `lineage_bayes_factor`",
                "related",
                "unrelated",
                "not_assessable",
            ),
            text(
                "normal",
                "matched normal behind the mutations: its reads were seen, it is in the sheet "
                "alone, or there is none",
                "reads",
                "sheet",
                "none",
            ),
        ),
    ),
    Table(
        "drivers",
        "one mutation of a known breast-cancer driver in one case",
        (
            *CASE,
            text("gene", "gene symbol: as the file is annotated, else of a known hotspot"),
            text("change", "of the protein, as the file is annotated; empty = not known"),
            text("effect", "as the file is annotated; empty = not known"),
            text("mutation_id", "mutation, as in the input"),
            text(
                "fate",
                "kept, lost, gained: by the 90 % intervals (there above .05, gone below .15)",
                "kept",
                "lost",
                "gained",
                "unclear",
                "not_covered",
            ),
            *interval("ccf_baseline", "cancer cells that carry it", "share of cancer cells"),
            *interval("ccf_followup", "cancer cells that carry it", "share of cancer cells"),
            text("source", "who named the gene a driver of breast cancer"),
        ),
    ),
)
