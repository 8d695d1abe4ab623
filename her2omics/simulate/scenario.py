"""The parameters of a simulated cohort; the defaults are scenario ``standard``.

The defaults are the parameter table of ``docs/simulator.md``; all of them are assumptions unless
the table names a source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

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
    #: the whole of chromosome 17 has the copies of 17q; else 17p goes its own way
    whole_chromosome_17: bool = False
    #: next to no alteration but the amplicon
    quiet_genome: bool = False
    #: share of the genome whose copies only one of the two biopsies has
    private_segments: float = 0.1
    #: mean number of copy-number events that only a part of the cells have
    subclonal_events: float = 2.0
    #: the follow-up is another tumour: neither mutations nor copy-number events are shared
    unrelated: bool = False
    on_drug_target: str | None = None

    # how it is measured
    reported_setting: str = "true"  # true, wrong, unknown
    lesions: int = 1
    assay: str = "wes"
    #: the two biopsies were read by two panels that share half of their genes
    different_panels: bool = False
    #: ``sample`` (a sample of its own with files), ``columns`` (its counts in the tumours' SNP
    #: files), ``row`` (in the sheet only), ``none``
    normal: str = "sample"
    #: biopsy that belongs to another patient: ``followup`` or ``normal``
    swapped: str | None = None
    #: mean number of C>T artefacts of formalin in one of the two exomes
    ffpe_artefacts: float = 0.0
    #: mutation files give major and minor copies of their place
    mutation_copies: bool = False
    piece_icc: float = 0.1
    rna_noise: float = 1.0
    delta_noise: float = 1.0
    copy_number_noise: float = 1.0
    #: DNA evidence as noisy as that read from simulated files, not as assumed for a clinic's
    noise_of_files: bool = False
    purity_bias: float = 0.0
    purity_noise: float = 1.0
    purity_source: str = "modality"  # modality, dna, pathologist, none
    preservation: str | None = None
    protocol_shift: bool = False
    ish_totals: bool = False
    missing: tuple[str, ...] = ()  # e.g. ("rna:followup",)
    #: kinds of evidence every case has, whatever was asked for: a gate needs them (cn, rna, ish)
    needs: tuple[str, ...] = ()
    #: differs from ``standard`` only in DNA: a cohort of other files does not show it
    dna_only: bool = False


def unselected(scenario: Scenario) -> Scenario:
    """Return the scenario with every pair kept, whatever its reported status."""
    return replace(scenario, selection="none")
