#!/usr/bin/env python3
"""The peer of `fedveil bench generate` for compare_torch.sh --generators: the same steps by PyTorch.

    compare_torch.sh --generators torch_generation.py python3      (Debian's python3-torch, 1.13)
"""
import argparse
import json
import os
import sys
import time

import torch
import torch.nn.functional as F

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/vectors"))
from make_adversaries import Critic, Generator, Native, Patches, Unet  # noqa: E402


def adam(net):
    return torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999))


class Adversarial:
    def __init__(self, options):
        native = options.input == "native"
        side = 14 if native else 112
        c, out, w = options.channels, options.colours, options.width
        self.generator = (Native if native else Unet)(c, out, w, dropout=0.5)
        self.nets = [self.generator]
        self.critic = None
        if options.mode == "cgan":
            self.critic = Patches(c, out, w, not native)
            self.nets.append(self.critic)
            self.critic_adam = adam(self.critic)
        self.adam = adam(self.generator)
        self.masked = torch.rand(options.batch, c, side, side) * 2 - 1
        self.faces = torch.rand(options.batch, out, 112, 112) * 2 - 1

    def step(self):
        cross = F.binary_cross_entropy_with_logits
        made = self.generator(self.masked)
        loss = 100 * F.l1_loss(made, self.faces)
        if self.critic is not None:
            self.critic.requires_grad_(True)
            self.critic_adam.zero_grad(set_to_none=True)
            real = self.critic(self.masked, self.faces)
            fake = self.critic(self.masked, made.detach())
            (0.5 * (cross(real, torch.ones_like(real)) + cross(fake, torch.zeros_like(fake)))).backward()
            self.critic_adam.step()
            self.critic.requires_grad_(False)
            fake = self.critic(self.masked, made)
            loss = loss + cross(fake, torch.ones_like(fake))
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()


class Wasserstein:
    def __init__(self, options):
        self.generator = Generator(4, options.colours, options.width, 100)
        self.critic = Critic(4, options.colours, options.width)
        self.nets = [self.generator, self.critic]
        self.adam, self.critic_adam = adam(self.generator), adam(self.critic)
        self.faces = torch.rand(options.batch, options.colours, 64, 64)

    def penalty(self, made):
        share = torch.rand(len(made), 1, 1, 1)
        x = (self.faces + share * (made - self.faces)).requires_grad_(True)
        g, = torch.autograd.grad(self.critic(x).sum(), x, create_graph=True)
        return ((g.flatten(1).norm(dim=1) - 1) ** 2).mean()

    def step(self):
        batch = len(self.faces)
        self.critic.requires_grad_(True)
        for _ in range(5):
            with torch.no_grad():
                made = self.generator(torch.randn(batch, 100))
            self.critic_adam.zero_grad(set_to_none=True)
            loss = self.critic(made).mean() - self.critic(self.faces).mean()
            (loss + 10 * self.penalty(made)).backward()
            self.critic_adam.step()
        self.critic.requires_grad_(False)
        self.adam.zero_grad(set_to_none=True)
        (-self.critic(self.generator(torch.randn(batch, 100))).mean()).backward()
        self.adam.step()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=("unet", "cgan", "gmi"), default="cgan")
    parser.add_argument("--input", choices=("native", "pixels"), default="native")
    for name, value in (("channels", 35), ("colours", 1), ("width", 32), ("batch", 16),
                        ("threads", 2), ("steps", 7)):
        parser.add_argument("--" + name, type=int, default=value)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    work = Wasserstein(options) if options.mode == "gmi" else Adversarial(options)
    for net in work.nets:
        net.to(memory_format=torch.channels_last)
    for name in ("masked", "faces"):
        if hasattr(work, name):
            setattr(work, name, getattr(work, name).contiguous(memory_format=torch.channels_last))
    work.step()
    times, computed = [], []
    for _ in range(options.steps):
        start, processor = time.monotonic(), time.process_time()
        work.step()
        computed.append(time.process_time() - processor)
        times.append(time.monotonic() - start)
    seconds, processor = sorted(times)[len(times) // 2], sorted(computed)[len(computed) // 2]
    print(json.dumps({"peer": "PyTorch " + torch.__version__.split("a")[0],
                      "images_per_second": round(options.batch / seconds, 2),
                      "steps_per_second": round(1 / seconds, 4),
                      "steps_per_processor_second": round(1 / processor, 4),
                      "parameters": sum(p.numel() for net in work.nets for p in net.parameters())}))


if __name__ == "__main__":
    main()
