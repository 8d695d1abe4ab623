"""The report: one page per case, one cohort page, methods and versions, all static and offline."""
