#!/usr/bin/env python3
"""Makes the pair of files that measures/lpips.h reads, PATH.tsv and PATH.f32, for LPIPS.

    lpips_weights.py --net alex --trunk TRUNK --linear LINEAR --out PATH

TRUNK   torchvision's weights of alexnet, vgg16 or squeezenet1_1 as it saves them (FILE.pth), or the
        word torchvision, which lets an installed torchvision find or download them
LINEAR  the linear layers of version 0.1: FILE.pth of that net as the lpips package has it
        (lpips/weights/v0.1/alex.pth ..), or another pair, PATH2, that has them for this net
Only tensors are read from a FILE.pth, nothing in it is executed. Needs PyTorch, of any version from 1.13.

    python3 lpips_weights.py --net vgg --trunk vgg16-397923af.pth --linear lpips_squeeze --out lpips_vgg
    fedveil audit run CONFIG --set lpips=lpips_vgg
"""
import argparse
import os
import sys

import numpy as np
import torch

MODELS = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet1_1"}
CHANNELS = {"alex": (64, 192, 384, 256, 256), "vgg": (64, 128, 256, 512, 512),
            "squeeze": (64, 128, 256, 384, 384, 512, 512)}


def load(path):
    return torch.load(path, map_location="cpu", weights_only=True)


def trunk(net, path):
    """The tensors of the features: the classifier behind them has no part in LPIPS."""
    if path == "torchvision":
        import torchvision
        state = getattr(torchvision.models, MODELS[net])(weights="DEFAULT").state_dict()
    else:
        state = load(path)
    tensors = {name: value for name, value in state.items() if name.startswith("features.")}
    if not tensors:
        sys.exit(f"{path}: no tensors features.N.., as torchvision's {MODELS[net]} has them")
    return tensors


def linear(net, path):
    """lpips.NET.linN from the package's file, whose names are linN.model.1.weight, or from a pair."""
    tensors = {}
    if os.path.exists(path + ".tsv"):
        floats = np.fromfile(path + ".f32", dtype="<f4")
        for line in open(path + ".tsv", encoding="utf-8"):
            if line.startswith(f"lpips.{net}.lin"):
                name, _, offset, count = line.rstrip("\n").split("\t")
                tensors[name] = torch.from_numpy(floats[int(offset):int(offset) + int(count)].copy())
    else:
        for name, value in load(path).items():
            tensors[f"lpips.{net}.{name.split('.')[0]}"] = value.reshape(-1)
    for number, channels in enumerate(CHANNELS[net]):
        value = tensors.get(f"lpips.{net}.lin{number}")
        if value is None or value.numel() != channels:
            sys.exit(f"{path}: no lpips.{net}.lin{number} of {channels} numbers")
    return tensors


def write(path, tensors):
    offset = 0
    with open(path + ".tsv", "w", encoding="utf-8") as table, open(path + ".f32", "wb") as floats:
        table.write("#tensor\tshape\toffset\tcount\n")
        for name, value in tensors.items():
            numbers = value.detach().numpy().astype("<f4")
            table.write(f"{name}\t{'x'.join(map(str, numbers.shape))}\t{offset}\t{numbers.size}\n")
            floats.write(numbers.tobytes())
            offset += numbers.size


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", required=True, choices=sorted(MODELS))
    parser.add_argument("--trunk", required=True)
    parser.add_argument("--linear", required=True)
    parser.add_argument("--out", required=True)
    chosen = parser.parse_args()
    tensors = trunk(chosen.net, chosen.trunk)
    tensors.update(linear(chosen.net, chosen.linear))
    write(chosen.out, tensors)


if __name__ == "__main__":
    main()
