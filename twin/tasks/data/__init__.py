"""Data: from a company's files to a published dataset, its versions, its quality and what each gap costs."""
