#!/usr/bin/env python3
"""Writes generators.txt: layers of generators and critics, their losses and Adam by PyTorch.

Formulas and lines are those of make_networks.py.

    python3 make_generators.py > generators.txt      (Debian's python3-torch, 1.13)
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from make_networks import fill, images, numbers, results, show


class Maps(nn.Module):
    """Transposed convolutions of every window in use, both instance norms, two branches joined."""

    def __init__(self):
        super().__init__()
        self.a = nn.ConvTranspose2d(6, 8, 3, 2, 1, output_padding=1)
        self.norm = nn.InstanceNorm2d(8, affine=True)
        self.c = nn.ConvTranspose2d(8, 5, 4, 2, 1, bias=False)
        self.d = nn.ConvTranspose2d(8, 7, 5, 2, 2, output_padding=1, bias=False)
        self.out = nn.Conv2d(12, 3, 4, 2, 1)

    def forward(self, x):
        a = F.leaky_relu(self.a(x), 0.2)
        c = torch.tanh(F.instance_norm(self.c(self.norm(a))))
        return self.out(torch.cat([c, F.relu(self.d(a))], 1))


class Noise(nn.Module):
    """A vector that becomes a map."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(10, 4 * 4 * 3, bias=False)
        self.up = nn.ConvTranspose2d(3, 4, 5, 2, 2, output_padding=1, bias=False)

    def forward(self, z):
        x = self.linear(z.flatten(1)).view(-1, 4, 4, 3).permute(0, 3, 1, 2)
        return torch.sigmoid(self.up(x))


def layers(name, net, x):
    with torch.no_grad():
        fill(net, "")
    y = net(x)
    c = torch.from_numpy(numbers(y.numel(), 555)).reshape(y.permute(0, 2, 3, 1).shape)
    (y * c.permute(0, 3, 1, 2)).sum().backward()
    print("case", name)
    show("output", y.permute(0, 2, 3, 1))
    show("grad.input", x.grad.permute(0, 2, 3, 1))
    results(net, "")


def losses():
    y = torch.from_numpy(numbers(60, 1) * 20).requires_grad_(True)
    print("case losses")
    for target in (0.0, 1.0, 0.9):
        y.grad = None
        loss = F.binary_cross_entropy_with_logits(y, torch.full_like(y, target))
        loss.backward()
        show("logistic.%g" % target, loss.reshape(1))
        show("logistic_gradient.%g" % target, y.grad)
    y.grad = None
    loss = F.l1_loss(y, torch.from_numpy(numbers(60, 2) * 20))
    loss.backward()
    show("absolute", loss.reshape(1))
    show("absolute_gradient", y.grad)


def adam():
    w = torch.from_numpy(numbers(40, 1)).requires_grad_(True)
    optimiser = torch.optim.Adam([w], lr=2e-2, betas=(0.5, 0.999))
    print("case adam")
    for step in range(5):
        w.grad = torch.from_numpy(numbers(40, 10 + step) * 10.0 ** (step - 3))
        optimiser.step()
    show("weights", w)


if __name__ == "__main__":
    layers("maps", Maps(), images(3, 5, 6))
    layers("noise", Noise(), images(4, 1, 10))
    losses()
    adam()
