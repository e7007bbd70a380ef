"""The multi-scale encoder: three time resolutions that exchange what they see (docs/dynamics_network.md).

`fine` has every frame, `middle` one in s1, `coarse` one in s1 * s2. Stage by stage each level merges with its
neighbours; attention over time is on the coarse level alone, where a minute is 120 frames.
"""

from __future__ import annotations

from torch import Tensor, nn

from percepiano_core.dynamics.network.architecture import Scales
from percepiano_core.dynamics.network.layers import Merge, ResidualBlock, TimeAttention, UpSample, pooled

DROPOUT = 0.2


def activated(block: ResidualBlock, channels: int) -> nn.Sequential:
    """The block with a norm and an activation after it."""
    return nn.Sequential(block, nn.BatchNorm1d(channels), nn.ReLU())


class MultiScaleEncoder(nn.Module):
    """From features [B, bands, T] to [B, outputs, T].

    The published stage 3 up- and down-samples between fine and middle by s2; here by s1, which differs only where the
    two scales differ, and works there.
    """

    def __init__(self, bands: int, outputs: int, scales: Scales) -> None:
        super().__init__()
        self.scales = scales
        one, two, three = bands, 2 * bands, 3 * bands
        s1, s2 = scales
        self.norm = nn.BatchNorm1d(one)
        self.dropout = nn.Dropout(DROPOUT)

        self.fine1_in, self.fine1 = nn.Conv1d(one, one, 1), ResidualBlock(one, two)
        self.middle1_in, self.middle1 = nn.Conv1d(one, one, 1), ResidualBlock(one, two)

        self.middle1_up = UpSample(two, s1)
        self.fine2_merge, self.fine2 = Merge(2, two), ResidualBlock(two, three)
        self.middle2_merge, self.middle2 = Merge(2, two), ResidualBlock(two, three)
        self.coarse2_merge, self.coarse2 = Merge(1, two), ResidualBlock(two, three)

        self.middle2_up, self.coarse2_up = UpSample(three, s1), UpSample(three, s2)
        self.coarse2_attention = nn.Sequential(TimeAttention(three), nn.BatchNorm1d(three))
        self.fine3_merge, self.fine3 = Merge(2, three), activated(ResidualBlock(three, three), three)
        self.middle3_merge, self.middle3 = Merge(3, three), activated(ResidualBlock(three, three), three)
        self.coarse3_merge, self.coarse3 = Merge(2, three), activated(ResidualBlock(three, three), three)
        self.coarse3_attention = nn.Sequential(TimeAttention(three), nn.BatchNorm1d(three))

        self.middle3_up, self.coarse3_up = UpSample(three, s1), UpSample(three, s2)
        self.fine4_merge, self.fine4 = Merge(2, three), ResidualBlock(three, two)
        self.middle4_merge, self.middle4 = Merge(3, three), ResidualBlock(three, two)

        self.middle4_up = UpSample(two, s1)
        self.fine5_merge, self.fine5 = Merge(2, two), activated(ResidualBlock(two, one), one)
        self.out = nn.Conv1d(one, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, bands, T] -> [B, outputs, T]; ValueError for fewer frames than one coarse frame spans."""
        if x.shape[-1] < self.scales[0] * self.scales[1]:
            raise ValueError(f"{x.shape[-1]} frames are too few for scales {self.scales}; pad the features")
        levels = self._stage3(*self._stage2(*self._stage1(self.norm(x))))
        fine, middle = self._stage4(*levels)
        fine = self.fine5(self.fine5_merge(fine, self.middle4_up(middle, fine.shape[-1])))
        return self.out(fine)

    def _stage1(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fine = self.fine1(self.fine1_in(x))
        middle = self.middle1(self.middle1_in(pooled(x, self.scales[0])))
        return fine, middle, self._coarser(middle, 1)

    def _stage2(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        merged_fine = self.fine2_merge(fine, self.middle1_up(middle, fine.shape[-1]))
        merged_middle = self.middle2_merge(middle, self._coarser(fine, 0))
        return self.fine2(merged_fine), self.middle2(merged_middle), self.coarse2(self.coarse2_merge(coarse))

    def _stage3(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The middle level receives the coarse one as it was before attention."""
        merged_fine = self.fine3_merge(fine, self.middle2_up(middle, fine.shape[-1]))
        from_coarse = self.coarse2_up(coarse, middle.shape[-1])
        merged_middle = self.middle3_merge(middle, self._coarser(fine, 0), from_coarse)
        merged_coarse = self.coarse3_merge(self.coarse2_attention(coarse), self._coarser(middle, 1))
        coarse = self.coarse3_attention(self.coarse3(merged_coarse))
        return self.fine3(merged_fine), self.middle3(merged_middle), coarse

    def _stage4(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor]:
        merged_fine = self.fine4_merge(fine, self.middle3_up(middle, fine.shape[-1]))
        from_coarse = self.coarse3_up(coarse, middle.shape[-1])
        merged_middle = self.middle4_merge(middle, from_coarse, self._coarser(fine, 0))
        return self.fine4(merged_fine), self.middle4(merged_middle)

    def _coarser(self, x: Tensor, step: int) -> Tensor:
        """The next coarser level's view of this one; `step` 0 leads from fine to middle, 1 from middle to coarse."""
        return self.dropout(pooled(x, self.scales[step]))
