"""The paper's story: which claims, figures and tables belong together, in its order."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Chapter:
    """heading: what it is about; section: of the paper; claims: by id; shown: figures and tables."""

    heading: str
    section: str
    claims: tuple[str, ...]
    shown: tuple[str, ...]


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CHAPTERS = (
    Chapter(
        "A low logits norm: fewer layers, lower rank, worse transfer",
        "Section 2.1, Appendices C and F",
        _names(
            "sr-falls sr-monotone kappa-falls kappa-falls-common-bar rho-rises accuracy-kept mse-sr "
            "mse-kappa mse-rho"
        ),
        _names("fig1 table1 fig11 fig12 fig13 fig14 table7 table8 table9 table6 rank-sensitivity"),
    ),
    Chapter(
        "How it comes about: the norm grows, and weights align early",
        "Section 3.1, Appendix B",
        _names(
            "norm-grows alignment-early alignment-top-only hidden-rank-falls gradient-rank-bounded "
            "gradient-collapse"
        ),
        _names("fig2 fig3 fig4 fig10 fig24 fig25"),
    ),
    Chapter(
        "What softmax does to rank",
        "Section 3.2, Appendices J and K",
        _names(
            "baseline-full-rank post-softmax-rank-follows-norm norm-raises-softmax-rank gap-bounded "
            "gap-bound-tight rank-two-suffices rank-two-networks gap-smallest-inside rank-highest-inside"
        ),
        _names("fig5 fig6 fig18 fig19 fig20 fig21"),
    ),
    Chapter(
        "Out of distribution: generalisation against detection",
        "Section 4, Appendix M",
        _names("orthodev-falls neco-auroc neco-fpr95 trade-off"),
        _names("fig7 table2 fig22 fig23 neco-dimensions"),
    ),
    Chapter(
        "What sets the logits norm: architecture, initialisation, normalisation",
        "Section 5, Appendices A.8 and E",
        _names(
            "vgg-norm-lower vgg-collapsed-at-1 vgg-kappa-unchanged vgg-rho-unchanged vgg-rank-falls "
            "vgg-relieved initial-norm-predicts-rank matching-equalises matching-upward-fails "
            "width-raises-norm layernorm-prevents-collapse logits-layernorm-prevents-inflation "
            "logits-layernorm-prevents-collapse"
        ),
        _names("table3 fig8 fig9 fig15 fig16 fig17 norm-controls"),
    ),
    Chapter(
        "Neural collapse",
        "Section 6, Appendix D",
        _names("collapse-before-terminal-phase not-all-nc-conditions"),
        _names("neural-collapse"),
    ),
    Chapter("How networks and probes were trained", "Appendix A", (), _names("table4 table5")),
)


def chapters(claims: Collection[str], shown: Collection[str]) -> list[Chapter]:
    """The chapters of a study that has these claims, figures and tables, without what it has not.

    What no chapter names comes last; a chapter without anything is left out.
    """
    named = {name for chapter in CHAPTERS for name in (*chapter.claims, *chapter.shown)}
    rest = [[name for name in names if name not in named] for names in (claims, shown)]
    every = [*CHAPTERS, Chapter("And further", "", *map(tuple, rest))]
    kept = [
        Chapter(
            chapter.heading,
            chapter.section,
            tuple(name for name in chapter.claims if name in claims),
            tuple(name for name in chapter.shown if name in shown),
        )
        for chapter in every
    ]
    return [chapter for chapter in kept if chapter.claims or chapter.shown]
