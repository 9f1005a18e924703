"""Callbacks of trainers: `huggingface`, `lightning`, `keras`. Each imports its framework when it is imported."""
