import sys

import pandas as pd

a = pd.read_csv(sys.argv[1])
b = pd.read_csv(sys.argv[2])
k = ["label", "dataset", "seed", "evaluation", "metric", "target", "score", "encoder", "split"]
for f in (a, b):
    for c in k:
        f[c] = f[c].fillna("")
a = a[a.evaluation != "speed"]
b = b[b.evaluation != "speed"]
m = a.merge(b, on=k, how="outer", suffixes=("_a", "_b"), indicator=True)
print(m._merge.value_counts())
both = m[m._merge == "both"]
cols = [
    "value",
    "ci_low",
    "ci_high",
    "n",
    "m",
    "kind",
    "status",
    "reason",
    "encoder_fingerprint",
    "metric_version",
    "budget",
    "sampler",
]
for c in cols:
    x, y = both[c + "_a"], both[c + "_b"]
    d = ~((x == y) | (x.isna() & y.isna()))
    print(
        c,
        int(d.sum()),
        both[d][["label", "dataset", "evaluation", "metric", c + "_a", c + "_b"]].head(3).values.tolist()
        if d.any()
        else "",
    )
for side in ("left_only", "right_only"):
    print(
        side,
        m[m._merge == side].groupby(["dataset", "evaluation", "metric"]).size().to_string()
        if (m._merge == side).any()
        else "",
    )
