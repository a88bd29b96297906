"""Streamlit screens only; no computation."""
