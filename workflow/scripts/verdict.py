"""Rule verdict: every claim of the paper judged on this study, every printed number beside ours."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.verdict.claims import judge
from unpacking_softmax.verdict.comparison import paper_vs_ours
from unpacking_softmax.verdict.evidence import Evidence
from unpacking_softmax.verdict.report import write_claims, write_comparison

with job_log(snakemake.log[0]):
    settings, output = snakemake.params.settings, snakemake.output
    evidence = Evidence.read(dict(snakemake.input.items()), settings)
    write_claims(judge(evidence), evidence, output)
    write_comparison(paper_vs_ours(evidence), settings["title"], output)
