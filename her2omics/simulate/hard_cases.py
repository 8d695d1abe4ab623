"""Named hard cases: cohorts of one difficulty each, with the gate it must or may fire."""

from __future__ import annotations

from her2omics.simulate.scenario import Scenario


def _all(state: str) -> dict[str, float]:
    return {state: 1.0}


_CONFIRM = ("BASELINE_UNCERTAIN", "BASELINE_UNCONFIRMED")
_PURITY = ("LOW_PURITY", "UNDERPOWERED_CN", "NORMAL_LIKE")


def _purity(percent: int, must: tuple[str, ...], may: tuple[str, ...]) -> Scenario:
    return Scenario(
        name=f"purity_{percent:02d}",
        description=f"follow-up purity .{percent:02d}, purity estimated from DNA",
        fixed={"purity_followup": percent / 100},
        purity_source="dna",
        gates_must=must,
        gates_may=may,
    )


HARD_CASES = (
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
        whole_chromosome_17=True,
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
        dna_only=True,
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
        dna_only=True,
        description="mutations without a matched normal",
        normal="none",
        quality=(("NO_NORMAL", "F"),),
        gates_must=("NO_NORMAL",),
    ),
    Scenario(
        name="sample_swap",
        dna_only=True,
        description="the follow-up belongs to another patient",
        fixed={"private_share": 1.0},
        unrelated=True,
        swapped="followup",
        quality=(("GENOTYPE_MISMATCH", "S"),),
        gates_must=("GENOTYPE_MISMATCH",),
        gates_may=("UNRELATED_TUMOUR",),
    ),
    Scenario(
        name="tumour_normal_swap",
        dna_only=True,
        description="the normal belongs to another patient",
        swapped="normal",
        quality=(("GENOTYPE_MISMATCH", "S"),),
        gates_must=("GENOTYPE_MISMATCH",),
    ),
    Scenario(
        name="second_primary",
        dna_only=True,
        description="the follow-up is an unrelated tumour of the same patient",
        fixed={"private_share": 1.0},
        unrelated=True,
        quality=(("UNRELATED_TUMOUR", "S"),),
        gates_must=("UNRELATED_TUMOUR",),
    ),
    Scenario(
        name="different_panels",
        dna_only=True,
        description="the two biopsies were read by two panels that share half of their genes",
        assay="panel",
        different_panels=True,
        quality=(("ASSAY_CHANGED", "N"),),
        gates_may=("ASSAY_CHANGED", "LINEAGE_UNCHECKED"),
    ),
    Scenario(
        name="ffpe_artefacts",
        dna_only=True,
        description="C>T artefacts of formalin at low allele fractions in one of the two samples",
        preservation="ffpe",
        ffpe_artefacts=30.0,
    ),
    Scenario(
        name="quiet_genome",
        dna_only=True,
        description="next to no copy-number alteration but the amplicon",
        fixed={"ploidy": 2.0},
        quiet_genome=True,
        gates_may=("UNDERPOWERED_CN",),
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
        dna_only=True,
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
