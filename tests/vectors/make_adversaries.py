#!/usr/bin/env python3
"""Writes adversaries.txt: the audit's generators and critics, and their steps, by PyTorch.

Formulas and lines are those of make_networks.py.

    python3 make_adversaries.py > adversaries.txt      (Debian's python3-torch, 1.13)
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from make_networks import fill, images, numbers, ours, results, show


class Conv(nn.Conv2d):
    def __init__(self, *arguments, norm=None):
        super().__init__(*arguments, bias=norm is None)
        if norm is not None:
            self.norm = norm(self.out_channels)

    def forward(self, x):
        x = super().forward(x)
        return self.norm(x) if hasattr(self, "norm") else x


class Up(nn.ConvTranspose2d):
    def __init__(self, *arguments, norm=None):
        super().__init__(*arguments, bias=norm is None)
        if norm is not None:
            self.norm = norm(self.out_channels)

    def forward(self, x):
        x = super().forward(x)
        return self.norm(x) if hasattr(self, "norm") else x


def instance_norm(c):
    return nn.InstanceNorm2d(c, affine=True)


def leaky(x):
    return F.leaky_relu(x, 0.2)


class Unet(nn.Module):
    """pix2pix's generator on masked maps as large as the face."""

    def __init__(self, channels, out, w, dropout=0.0):
        super().__init__()
        self.dropout = dropout
        widths = [w, 2 * w, 4 * w, 8 * w, 8 * w]
        self.add_module("in", Conv(channels, w, 3, 1, 1))
        for i in range(1, 5):
            self.add_module("down%d" % i, Conv(widths[i - 1], widths[i], 4, 2, 1, norm=nn.BatchNorm2d))
        below = widths[4]
        for i in range(3, -1, -1):
            self.add_module("up%d" % i, Up(below, widths[i], 4, 2, 1, norm=nn.BatchNorm2d))
            below = 2 * widths[i]
        self.out = Conv(2 * w, out, 3, 1, 1)

    def forward(self, x):
        skips = [leaky(self._modules["in"](x))]
        for i in range(1, 5):
            skips.append(leaky(self._modules["down%d" % i](skips[-1])))
        x = skips[4]
        for i in range(3, -1, -1):
            x = F.relu(self._modules["up%d" % i](x))
            if i >= 2 and self.dropout > 0:
                x = F.dropout(x, self.dropout)
            x = torch.cat([x, skips[i]], 1)
        return torch.tanh(self.out(x))


class Native(nn.Module):
    """The same from maps of an eighth of the face's side."""

    def __init__(self, channels, out, w, dropout=0.0):
        super().__init__()
        self.dropout = dropout
        for i in range(1, 4):
            self.add_module("trunk%d" % i, Conv(channels, 8 * w, 3, 1, 1, norm=nn.BatchNorm2d))
            channels = 8 * w
        for i, f in ((2, 4 * w), (1, 2 * w), (0, w)):
            self.add_module("up%d" % i, Up(channels, f, 4, 2, 1, norm=nn.BatchNorm2d))
            channels = f
        self.out = Conv(w, out, 3, 1, 1)

    def forward(self, x):
        for i in range(1, 4):
            x = leaky(self._modules["trunk%d" % i](x))
        for i in (2, 1, 0):
            x = F.relu(self._modules["up%d" % i](x))
            if i >= 1 and self.dropout > 0:
                x = F.dropout(x, self.dropout)
        return torch.tanh(self.out(x))


class Patches(nn.Module):
    """PatchGAN on a masked image beside a face."""

    def __init__(self, condition, face, w, whole):
        super().__init__()
        self.whole = whole
        self.conv1 = Conv(face + (condition if whole else 0), w, 4, 2, 1)
        self.conv2 = Conv(w, 2 * w, 4, 2, 1, norm=nn.BatchNorm2d)
        self.conv3 = Conv(2 * w, 4 * w, 4, 2, 1, norm=nn.BatchNorm2d)
        self.conv4 = Conv(4 * w + (0 if whole else condition), 8 * w, 4, 1, 1, norm=nn.BatchNorm2d)
        self.out = Conv(8 * w, 1, 4, 1, 1)

    def forward(self, condition, x):
        if self.whole:
            x = torch.cat([condition, x], 1)
        x = leaky(self.conv3(leaky(self.conv2(leaky(self.conv1(x))))))
        if not self.whole:
            x = torch.cat([condition, x], 1)
        return self.out(leaky(self.conv4(x)))


class Generator(nn.Module):
    """DCGAN's, as the generative model inversion attack has it."""

    def __init__(self, stages, out, w, noise):
        super().__init__()
        self.most = w << (stages - 1)
        self.linear = nn.Linear(noise, 16 * self.most, bias=False)
        self.linear.norm = nn.BatchNorm1d(16 * self.most)
        self.ups = ["up%d" % i for i in range(1, stages)]
        for i, name in enumerate(self.ups):
            self.add_module(name, Up(self.most >> i, self.most >> (i + 1), 5, 2, 2, 1,
                                     norm=nn.BatchNorm2d))
        self.out = Up(w, out, 5, 2, 2, 1)

    def forward(self, z):
        x = F.relu(self.linear.norm(self.linear(z.flatten(1))))
        x = x.view(-1, 4, 4, self.most).permute(0, 3, 1, 2)  # rows as NHWC has them
        for name in self.ups:
            x = F.relu(self._modules[name](x))
        return torch.sigmoid(self.out(x))


class Critic(nn.Module):
    def __init__(self, stages, channels, w):
        super().__init__()
        self.conv1 = Conv(channels, w, 5, 2, 2)
        self.more = ["conv%d" % i for i in range(2, stages + 1)]
        for i, name in enumerate(self.more):
            self.add_module(name, Conv(w << i, w << (i + 1), 5, 2, 2, norm=instance_norm))
        self.out = Conv(w << (stages - 1), 1, 4, 1, 0)

    def forward(self, x):
        x = leaky(self.conv1(x))
        for name in self.more:
            x = leaky(self._modules[name](x))
        return self.out(x)


def filled(net):
    with torch.no_grad():
        fill(net, "")
    return net


def maps(batch, side, channels, salt):
    x = torch.from_numpy(numbers(batch * side * side * channels, salt))
    return x.reshape(batch, side, side, channels).permute(0, 3, 1, 2).contiguous()


def passes(name, prefix, net, x):
    filled(net)
    y = net(x)
    c = torch.from_numpy(numbers(y.numel(), 555)).reshape(y.permute(0, 2, 3, 1).shape)
    (y * c.permute(0, 3, 1, 2)).sum().backward()
    print("case", name)
    show("output", y.permute(0, 2, 3, 1))
    show("grad.input", x.grad.permute(0, 2, 3, 1))
    results(net, prefix)


def adversarial(name, generator, critic, masked, faces):
    """Three steps of pix2pix; with so high a rate the later losses tell of all gradients."""
    filled(generator)
    filled(critic)
    adam = [torch.optim.Adam(net.parameters(), lr=1e-2, betas=(0.5, 0.999))
            for net in (generator, critic)]
    cross = F.binary_cross_entropy_with_logits
    print("case", name)
    for step in range(3):
        made = generator(masked)
        logits = critic(masked, faces), critic(masked, made.detach())
        real = cross(logits[0], torch.ones_like(logits[0]))
        fake = cross(logits[1], torch.zeros_like(logits[1]))
        adam[1].zero_grad()
        (0.5 * (real + fake)).backward()
        adam[1].step()
        logit = critic(masked, made)
        deceit = cross(logit, torch.ones_like(logit))
        absolute = F.l1_loss(made, faces)
        adam[0].zero_grad()
        (deceit + 100 * absolute).backward()
        adam[0].step()
        for what, loss in ("real", real), ("fake", fake), ("deceit", deceit), ("absolute", absolute):
            show("%s.%d" % (what, step), loss.reshape(1))


def penalty(name, critic, x):
    filled(critic)
    g, = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    loss = ((g.flatten(1).norm(dim=1) - 1) ** 2).mean()
    (10 * loss).backward()
    print("case", name)
    show("penalty", loss.reshape(1))
    squares = sum(float((p.grad.double() ** 2).sum()) for p in critic.parameters()
                  if p.grad is not None)
    show("norm", torch.tensor([squares ** 0.5]))
    for tensor, p in sorted(critic.named_parameters()):
        show("grad.critic." + tensor, ours(torch.zeros_like(p) if p.grad is None else p.grad))


if __name__ == "__main__":
    passes("unet", "generator.", Unet(5, 1, 2), images(3, 32, 5))
    passes("native", "generator.", Native(5, 3, 2), images(3, 4, 5))
    passes("generator", "generator.", Generator(3, 1, 4, 10), images(6, 1, 10))
    passes("critic", "critic.", Critic(3, 1, 4), images(3, 32, 1))
    adversarial("adversarial_whole", Unet(5, 1, 2), Patches(5, 1, 2, True),
                maps(4, 32, 5, 999), maps(4, 32, 1, 998))
    adversarial("adversarial_native", Native(5, 3, 2), Patches(5, 3, 2, False),
                maps(4, 4, 5, 999), maps(4, 32, 3, 998))
    penalty("penalty_32", Critic(3, 1, 4), images(3, 32, 1))
    penalty("penalty_64", Critic(4, 3, 4), images(3, 64, 3))
