"""From the posterior to the verdict: label, how firm, closer description, fixed sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from her2omics.mechanism.model import Posterior
from her2omics.mechanism.states import LABEL_OF, SUBLABEL_OF
from her2omics.quality.gates import Gate
from her2omics.thresholds import limits

_CLOSER = 0.8  # share of a label's probability that one of its states needs to be named
# What speaks for a kept amplification, by the best evidence used.
_RETAINED = {
    "cn": "Sequencing shows the ERBB2 amplification kept.",
    "single_cell": "Single cells show the ERBB2 amplification kept.",
    "rna": "RNA of ERBB2 and its neighbours speaks for a kept amplification.",
}
_REPEAT = "Repeat IHC/ISH (sequencing cannot tell protein-level loss from a false-negative stain)."
_READABLE = {
    "downregulation": "downregulation",
    "clonal_selection": "clonal selection",
    "subtype_switch": "subtype switch",
    "mixed": "mixed loss",
    "not_lost": "not lost",
}


@dataclass(frozen=True)
class Verdict:
    """What is said of a case."""

    label: str
    call: str
    sublabel: str | None = None
    notes: tuple[str, ...] = ()


def decide(
    posterior: Posterior | None,
    gates: Iterable[Gate],
    *,
    followup_negative: bool,
    modalities: Collection[str] = (),
    values: Mapping[str, float] | None = None,
) -> Verdict:
    """Return the verdict of a case.

    ``called``: posterior >= .80 and Bayes factor >= 10 against the next label; ``not_lost``, whose
    prior is high, posterior >= .90; downregulation also P(d > 1) > .8. ``probable``: posterior
    >= .50 and not called. Else ``uncertain``.

    Parameters
    ----------
    posterior
        The posterior, or None where a gate stopped the verdict.
    gates
        All gates that fired.
    followup_negative
        The follow-up was reported HER2-negative.
    modalities
        Evidence used: cn, clones, rna, single_cell, ish, status.
    values
        The user's thresholds, if any.
    """
    limit, gates = limits(values), list(gates)
    stops = [gate for gate in gates if gate.kind == "S"]
    if stops or posterior is None:
        return Verdict(
            "not_assessable", "none", notes=tuple(gate.note for gate in stops if gate.note)
        )
    ranked = sorted(posterior.p, key=lambda label: -posterior.p[label])
    label, p = ranked[0], posterior.p[ranked[0]]
    if p < limit.probable_posterior:
        leading = f"Leading: {_READABLE[label]} ({p:.2f}), {_READABLE[ranked[1]]} "
        return Verdict("uncertain", "none", notes=(f"{leading}({posterior.p[ranked[1]]:.2f}).",))
    if label == "not_lost":
        firm = p >= limit.called_not_lost
    else:
        firm = (
            p >= limit.called_posterior
            and posterior.bayes_factor(label) >= limit.called_bayes_factor
        )
    if label == "downregulation":
        firm = firm and posterior.repressed > limit.called_repression
    capped = any(
        gate.kind == "C" and (gate.code != "ON_TREATMENT" or label == "subtype_switch")
        for gate in gates
    )
    sublabel, notes = _closer(
        posterior,
        label,
        followup_negative=followup_negative,
        modalities=modalities,
        single_region=any(gate.code == "SINGLE_REGION" for gate in gates),
    )
    call = "called" if firm and not capped else "probable"
    return Verdict(label, call, sublabel, tuple(notes))


def _closer(
    posterior: Posterior,
    label: str,
    *,
    followup_negative: bool,
    modalities: Collection[str],
    single_region: bool,
) -> tuple[str | None, list[str]]:
    """Return the sublabel and the fixed sentences of a verdict."""
    if label == "not_lost":
        seen = next((sentence for kind, sentence in _RETAINED.items() if kind in modalities), None)
        if not followup_negative or seen is None:
            return None, []
        return "retained_by_sequencing", [f"{seen} {_REPEAT}"]
    if label == "downregulation":
        return None, []
    states = {state: p for state, p in posterior.p_state.items() if LABEL_OF[state] == label}
    leading = max(states, key=lambda state: states[state])
    total = sum(states.values())
    if total <= 0 or states[leading] < _CLOSER * total:
        names = " and ".join(SUBLABEL_OF[state] for state in states)
        return None, [f"Not told apart: {names}."]
    notes = []
    if leading == "CS" and single_region:
        notes.append("One biopsy each: selection and sampling of a mosaic are not told apart.")
    if leading == "CS" and posterior.shifted_in["CS"] >= 0.5:
        notes.append("with_subtype_change: the clone that took over has another subtype.")
    if leading == "SS-ret" and posterior.repressed > 0.5:
        notes.append(
            "ERBB2 down on a retained amplicon within a programme change; order not identifiable."
        )
    return SUBLABEL_OF[leading], notes
