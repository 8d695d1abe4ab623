"""Named scenarios: the ``standard`` parameters, hard cases and departures from the model.

The defaults of :class:`Scenario` are the parameter table of ``docs/simulator.md``; all of them are
assumptions unless the table names a source. A scenario changes a few of them and says which gate
its cases must or may fire. The classifier is never told which scenario a case comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from her2omics.errors import InputError, Problem, one_of

#: Prior of the states among unselected HER2-positive pairs.
STATE_PRIOR: Mapping[str, float] = {
    "R": 0.80,
    "D": 0.06,
    "CS": 0.06,
    "DA": 0.02,
    "SS-ret": 0.02,
    "SS-lost": 0.02,
    "MIX": 0.01,
    "PR": 0.01,
}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Parameters of one kind of cohort.

    ``fixed`` replaces the draw of a latent by a constant or, given (low, high), by a uniform draw.
    Its keys: ``purity_baseline``, ``purity_followup``, ``purity_both``, ``copies_other``,
    ``copies_amplified_baseline``, ``f_baseline``, ``f_followup``, ``copies_kept`` (share of the
    gained copies kept in all cells), ``repression_log2``, ``programme_shift``, ``private_share``.
    """

    name: str
    description: str
    states: Mapping[str, float] = field(default_factory=lambda: dict(STATE_PRIOR))
    fixed: Mapping[str, float | tuple[float, float]] = field(default_factory=dict)
    setting: str | None = None
    #: ``cohort``: as the cohort is ascertained; ``none``: keep every pair
    selection: str = "cohort"
    forced_status: tuple[str | None, str | None] = (None, None)
    amplified: bool = True
    gates_must: tuple[str, ...] = ()
    gates_may: tuple[str, ...] = ()
    #: rows of quality.tsv of the evidence level that ``classify`` cannot derive: (code, kind)
    quality: tuple[tuple[str, str], ...] = ()

    # what happens in the tumour
    doubling_between: float = 0.03
    protein_only_loss: float = 0.04
    neighbours_follow: float = 0.4
    neighbours_follow_share: float = 0.7
    exponent_erbb2: tuple[float, float] = (1.6, 0.3)
    exponent_neighbours: tuple[float, float] = (1.1, 0.4)
    normal_level: tuple[float, float] = (-1.5, 1.0)
    incomplete_amplicon: bool = False
    on_drug_target: str | None = None

    # how it is measured
    reported_setting: str = "true"  # true, wrong, unknown
    lesions: int = 1
    assay: str = "wes"
    piece_icc: float = 0.1
    rna_noise: float = 1.0
    delta_noise: float = 1.0
    copy_number_noise: float = 1.0
    purity_bias: float = 0.0
    purity_noise: float = 1.0
    purity_source: str = "modality"  # modality, dna, pathologist, none
    preservation: str | None = None
    protocol_shift: bool = False
    ish_totals: bool = False
    missing: tuple[str, ...] = ()  # e.g. ("rna:followup",)
    #: kinds of evidence every case has, whatever was asked for: a gate needs them (cn, rna, ish)
    needs: tuple[str, ...] = ()
    #: differs from ``standard`` only in evidence that has no files yet
    evidence_only: bool = False


def _all(state: str) -> dict[str, float]:
    return {state: 1.0}


_LOST = {state: share for state, share in STATE_PRIOR.items() if state != "R"}
_CONFIRM = ("BASELINE_UNCERTAIN", "BASELINE_UNCONFIRMED")
_PURITY = ("LOW_PURITY", "UNDERPOWERED_CN", "NORMAL_LIKE")

_STANDARD = Scenario(name="standard", description="the parameter table, nothing changed")


def _purity(percent: int, must: tuple[str, ...], may: tuple[str, ...]) -> Scenario:
    return Scenario(
        name=f"purity_{percent:02d}",
        description=f"follow-up purity .{percent:02d}, purity estimated from DNA",
        fixed={"purity_followup": percent / 100},
        purity_source="dna",
        gates_must=must,
        gates_may=may,
    )


_HARD_CASES = (
    _purity(5, ("LOW_PURITY",), ("UNDERPOWERED_CN", "NORMAL_LIKE")),
    _purity(10, (), _PURITY),
    _purity(15, (), _PURITY),
    _purity(20, (), _PURITY),
    Scenario(
        name="her2_negative_baseline",
        description="the baseline is not amplified and was reported HER2-negative",
        states=_all("R"),
        amplified=False,
        selection="none",
        forced_status=("negative", "negative"),
        gates_must=("BASELINE_NOT_POSITIVE",),
        gates_may=_CONFIRM,
    ),
    Scenario(
        name="false_positive_baseline",
        needs=("cn", "rna"),
        description="reported HER2-positive by an outside laboratory, never amplified",
        states=_all("R"),
        amplified=False,
        selection="none",
        forced_status=("positive", "negative"),
        fixed={"purity_baseline": (0.4, 0.9), "copies_other": (2, 2)},
        gates_must=("BASELINE_UNCONFIRMED",),
        gates_may=("BASELINE_UNCERTAIN", "BASELINE_NOT_FOCAL"),
    ),
    Scenario(
        name="polysomy",
        needs=("cn", "ish"),
        description="six to eight copies of all of chromosome 17, no focal amplification",
        states=_all("R"),
        amplified=False,
        selection="none",
        forced_status=("positive", "negative"),
        fixed={"purity_baseline": (0.4, 0.9), "copies_other": (6, 8)},
        gates_must=("BASELINE_NOT_FOCAL",),
        gates_may=_CONFIRM,
    ),
    Scenario(
        name="low_level",
        description="low-level amplification, 5 to 7 copies",
        fixed={"copies_amplified_baseline": (5, 7)},
        gates_may=(*_CONFIRM, "UNDERPOWERED_CN", "BASELINE_NOT_FOCAL"),
    ),
    *(
        Scenario(
            name=f"clone_{percent}",
            description=f"clonal selection, amplified clone .{percent // 10} of the cells before",
            states=_all("CS"),
            fixed={"f_baseline": percent / 100},
            gates_may=_CONFIRM if percent < 50 else (),
        )
        for percent in (30, 60, 90)
    ),
    Scenario(
        name="partial_selection",
        description="the amplified lineage is reduced, not replaced",
        states=_all("PR"),
        fixed={"f_baseline": (0.7, 0.95), "f_followup": (0.2, 0.4)},
    ),
    Scenario(
        name="gain_cut_40",
        description="the gained copies are cut to 40 % in all cells",
        states=_all("R"),
        fixed={"copies_kept": 0.4},
    ),
    Scenario(
        name="weak_repression",
        description="repression of .5 to 1 log2 in tumours that would be downregulated",
        states=_all("D"),
        fixed={"repression_log2": (0.5, 1.0)},
    ),
    Scenario(
        name="neighbours_following",
        description="the 17q12 neighbours are repressed along with ERBB2",
        neighbours_follow=1.0,
    ),
    Scenario(
        name="protein_only_loss",
        description="copies and mRNA kept, protein lost or masked",
        states=_all("R"),
        protein_only_loss=1.0,
    ),
    Scenario(
        name="incomplete_amplicon",
        description="the amplicon holds ERBB2 but not its neighbours",
        incomplete_amplicon=True,
        gates_may=_CONFIRM,
    ),
    Scenario(
        name="luma_like_on_drug",
        description="nothing lost, the programme looks Luminal A under the drug",
        states=_all("R"),
        setting="post_neoadjuvant",
        on_drug_target="LumA",
        gates_may=("ON_TREATMENT",),
    ),
    Scenario(
        name="normal_60",
        description="60 % normal cells in the follow-up",
        fixed={"purity_followup": 0.4},
        gates_may=("NORMAL_LIKE",),
    ),
    Scenario(
        name="other_clone_invisible",
        description="clonal selection of a clone below 5 % of the cells before",
        states=_all("CS"),
        fixed={"f_baseline": (0.955, 0.98)},
    ),
    Scenario(
        name="deamplification",
        description="the amplified lineage lost the gained copies",
        states=_all("DA"),
    ),
    Scenario(
        name="doubling_between",
        description="the genome doubles between the biopsies",
        doubling_between=1.0,
    ),
    Scenario(
        name="early_branching",
        evidence_only=True,
        description="half of the mutations private to each side",
        fixed={"private_share": 0.5},
        gates_may=("UNRELATED_TUMOUR", "LINEAGE_UNCHECKED"),
    ),
    Scenario(
        name="rna_protocol_shift",
        needs=("rna",),
        description="another RNA library protocol at follow-up",
        protocol_shift=True,
        gates_must=("MIXED_PROTOCOL",),
        quality=(("MIXED_PROTOCOL", "F"),),
    ),
    Scenario(
        name="no_normal",
        evidence_only=True,
        description="mutations without a matched normal",
        quality=(("NO_NORMAL", "F"),),
        gates_must=("NO_NORMAL",),
    ),
    Scenario(
        name="sample_swap",
        evidence_only=True,
        description="the follow-up belongs to another patient",
        quality=(("GENOTYPE_MISMATCH", "S"),),
        gates_must=("GENOTYPE_MISMATCH",),
    ),
    Scenario(
        name="second_primary",
        evidence_only=True,
        description="the follow-up is an unrelated tumour of the same patient",
        fixed={"private_share": 1.0},
        quality=(("UNRELATED_TUMOUR", "S"),),
        gates_must=("UNRELATED_TUMOUR",),
    ),
    Scenario(
        name="no_rna_followup",
        description="no RNA of the follow-up",
        missing=("rna:followup",),
        gates_may=("NO_LOCUS_EVIDENCE",),
    ),
    Scenario(
        name="no_rna_baseline",
        description="no RNA of the baseline",
        missing=("rna:baseline",),
        gates_may=("NO_LOCUS_EVIDENCE", *_CONFIRM),
    ),
    Scenario(
        name="no_dna_followup",
        evidence_only=True,
        description="no DNA of the follow-up",
        missing=("cn:followup", "clusters:followup"),
        gates_may=("NO_LOCUS_EVIDENCE",),
    ),
    Scenario(
        name="no_followup",
        description="only a baseline",
        missing=("followup",),
        gates_must=("NO_FOLLOWUP",),
    ),
    Scenario(
        name="ish_totals",
        needs=("ish",),
        description="ISH signals reported as totals over all cells",
        ish_totals=True,
        gates_must=("ISH_INCONSISTENT",),
    ),
    Scenario(
        name="three_samples",
        description="two follow-up lesions in the same state",
        lesions=2,
    ),
    Scenario(
        name="lesions_disagree",
        description="two follow-up lesions, one downregulated and one deamplified",
        states={"D": 0.5, "DA": 0.5},
        lesions=2,
    ),
)

_DEPARTURES = (
    Scenario(
        name="rna_noise_doubled",
        description="RNA gene noise and sample effects twice as large as reported",
        rna_noise=2.0,
    ),
    Scenario(
        name="settings_wrong",
        description="every stated setting is wrong",
        reported_setting="wrong",
    ),
    Scenario(
        name="settings_unknown",
        description="no setting is stated",
        reported_setting="unknown",
        gates_must=("SETTING_UNKNOWN",),
    ),
    Scenario(name="pieces_025", description="pieces of a tumour differ more", piece_icc=0.25),
    Scenario(
        name="all_gains_cut",
        description="the gained copies are cut to 40 % in all cells of every kept lineage",
        fixed={"copies_kept": 0.4},
    ),
    Scenario(
        name="exponent_110",
        description="ERBB2 dosage exponent 1.1",
        exponent_erbb2=(1.1, 0.0),
    ),
    Scenario(
        name="exponent_190",
        description="ERBB2 dosage exponent 1.9",
        exponent_erbb2=(1.9, 0.0),
    ),
    Scenario(
        name="repression_weak",
        description="repression of .5 to 1 log2 wherever a tumour represses at all",
        fixed={"repression_log2": (0.5, 1.0)},
    ),
    Scenario(
        name="private_wide",
        evidence_only=True,
        description="private shares of the mutations from .05 to .45",
        fixed={"private_share": (0.05, 0.45)},
    ),
    Scenario(
        name="purity_high",
        description="purity estimates 20 % too high",
        purity_bias=0.2,
    ),
    Scenario(
        name="purity_low",
        description="purity estimates 20 % too low",
        purity_bias=-0.2,
    ),
    Scenario(
        name="purity_noisy",
        description="purity estimates twice as noisy as reported",
        purity_noise=2.0,
    ),
    Scenario(name="panel", evidence_only=True, description="panel instead of exome", assay="panel"),
    Scenario(
        name="wgs", evidence_only=True, description="whole genomes instead of exomes", assay="wgs"
    ),
    Scenario(
        name="ffpe", description="FFPE: RNA noise doubled", preservation="ffpe", rna_noise=2.0
    ),
    Scenario(
        name="dark_stroma",
        description="normal tissue almost without ERBB2",
        normal_level=(-4.0, 0.5),
    ),
    Scenario(
        name="copy_number_noise",
        evidence_only=True,
        description="copy-number noise 1.6 times as large as reported",
        copy_number_noise=1.6,
    ),
    Scenario(
        name="programme_noisy",
        description="programme change twice as noisy",
        delta_noise=2.0,
    ),
    Scenario(
        name="lost_only",
        description="only pairs with a change of state, in prior proportion",
        states=_LOST,
    ),
)

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario for scenario in (_STANDARD, *_HARD_CASES, *_DEPARTURES)
}


def parse(text: str) -> list[tuple[Scenario, float]]:
    """Return scenarios and their shares of a cohort.

    Parameters
    ----------
    text
        ``NAME``, or ``NAME:SHARE,NAME:SHARE``; shares are scaled to sum to 1.

    Raises
    ------
    InputError
        For an unknown name or a share that is not a positive number.
    """
    parts, problems = [], []
    for item in text.split(","):
        name, _, share = item.strip().partition(":")
        if name not in SCENARIOS:
            problems.append(Problem(one_of(name, list(SCENARIOS)), column="--scenario"))
            continue
        try:
            weight = float(share) if share else 1.0
        except ValueError:
            weight = -1.0
        if not 0 < weight < float("inf"):
            problems.append(
                Problem(f"share '{share}' of {name} is not a positive number", column="--scenario")
            )
        parts.append((SCENARIOS[name], weight))
    if problems:
        raise InputError(problems)
    total = sum(weight for _, weight in parts)
    return [(scenario, weight / total) for scenario, weight in parts]


def unselected(scenario: Scenario) -> Scenario:
    """Return the scenario with every pair kept, whatever its reported status."""
    return replace(scenario, selection="none")
