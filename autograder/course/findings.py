"""What reading a notebook brought up: remarks, problems, and of these the ones that keep it from being released."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Findings:
    """Lines for the author, each with what came, where, and what to do."""

    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)

    def refuse(self, line: str) -> None:
        """Add a problem with which nothing may be released."""
        self.problems.append(line)
        self.unfit.append(line)

    def problem(self, line: str) -> None:
        """Add what must be mended."""
        self.problems.append(line)

    def remark(self, line: str) -> None:
        """Add what should be looked at."""
        self.remarks.append(line)
