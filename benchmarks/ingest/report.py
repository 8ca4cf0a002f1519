"""The table of docs/benchmarks.md."""

import argparse
import statistics

from benchmarks.ingest.measure import CONNECTIONS, Measured

BATCHES = (1, 100, 1000, 5000)


def report(
    results: dict[tuple[str, int], list[Measured]],
    lag: tuple[float, float],
    memory: dict[str, float],
    arguments: argparse.Namespace,
) -> str:
    lines = [
        f"wrk with {CONNECTIONS} connections, {arguments.seconds} s a run, medians of {arguments.rounds}, interleaved.",
        "",
        "| batch | ours rows/s | peer rows/s | limit rows/s | ours ÷ peer | ours ÷ limit "
        "| CPU s per million: ours, peer, limit | ours p50, p99 ms | peer p50, p99 ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for size in BATCHES:
        ours, peer, limit = (_median(results[name, size]) for name in ("ours", "peer", "limit"))
        lines.append(
            f"| {size} | {ours.rows_per_second:,.0f} | {peer.rows_per_second:,.0f} | {limit.rows_per_second:,.0f} "
            f"| {ours.rows_per_second / peer.rows_per_second:.1f} | {ours.rows_per_second / limit.rows_per_second:.2f} "
            f"| {ours.cpu_seconds_per_million:.1f}, {peer.cpu_seconds_per_million:.1f}, "
            f"{limit.cpu_seconds_per_million:.1f} "
            f"| {ours.p50_ms:.1f}, {ours.p99_ms:.1f} | {peer.p50_ms:.1f}, {peer.p99_ms:.1f} |"
        )
    parts = _median(results["ours", 1000]).cpu
    lines += [
        "",
        "Ours at 1000, CPU seconds per million by process: "
        + ", ".join(f"{name} {seconds:.1f}" for name, seconds in parts.items())
        + ".",
    ]
    refused = sum(measured.refused for runs in results.values() for measured in runs)
    memory_text = ", ".join(f"{name} {size:.0f}" for name, size in memory.items())
    lines += [
        "",
        f"From accepted to visible at half load of 1000: p50 {lag[0]:.2f} s, p99 {lag[1]:.2f} s. "
        f"Requests not answered with success: {refused}. Memory at the end in MiB: {memory_text}.",
    ]
    return "\n".join(lines)


def _median(runs: list[Measured]) -> Measured:
    return Measured(
        rows_per_second=statistics.median(run.rows_per_second for run in runs),
        cpu={part: statistics.median(run.cpu[part] for run in runs) for part in runs[0].cpu},
        p50_ms=statistics.median(run.p50_ms for run in runs),
        p99_ms=statistics.median(run.p99_ms for run in runs),
        refused=sum(run.refused for run in runs),
    )
