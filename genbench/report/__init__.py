"""The report: leaderboards, figures and the page, a pure function of what a run left behind. No torch."""
