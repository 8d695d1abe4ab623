"""Departures: what the classifier's model does not know and has to survive.

Noise changes, the reported scale does not.
"""

from __future__ import annotations

from her2omics.simulate.scenario import STATE_PRIOR, Scenario

_LOST = {state: share for state, share in STATE_PRIOR.items() if state != "R"}

DEPARTURES = (
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
        dna_only=True,
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
    Scenario(name="panel", dna_only=True, description="panel instead of exome", assay="panel"),
    Scenario(name="wgs", dna_only=True, description="whole genomes instead of exomes", assay="wgs"),
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
        dna_only=True,
        description="copy-number noise 1.6 times as large as reported",
        copy_number_noise=1.6,
    ),
    Scenario(
        name="noise_of_files",
        dna_only=True,
        description="DNA evidence as exact as that read from simulated files (and said to be)",
        noise_of_files=True,
    ),
    Scenario(
        name="private_segments_50",
        dna_only=True,
        description="half of the genome has copies that only one of the two biopsies has",
        private_segments=0.5,
    ),
    Scenario(
        name="called_elsewhere",
        dna_only=True,
        description="the normal's counts in the tumours' SNP files, copies beside the mutations",
        normal="columns",
        mutation_copies=True,
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
