"""Statistics over seeds: intervals of means, paired comparisons with Holm, ranks with intervals. No torch."""
