"""Visit tables: the response to visits by segment, as a table."""

from __future__ import annotations

import pandas as pd

from twin.calibration.calibration import Calibration
from twin.calibration.visits.segment_response import ROWS


def segments_table(calibration: Calibration) -> pd.DataFrame:
    """One row a grouping and segment: factor on the common effect, elasticity, and what history has seen.

    Returns
    -------
    DataFrame
        Columns of :data:`~twin.calibration.visits.segment_response.ROWS`, and ``used``: whether forecasts use it.
    """
    segments = calibration.visit_response.segments
    frame = pd.DataFrame({name: getattr(segments, name) for name in ROWS})
    return frame.assign(used=frame["grouping"] == segments.column if len(frame) else pd.Series(dtype=bool))
