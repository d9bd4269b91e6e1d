# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The 256 words for reading fingerprints aloud; part of the protocol, so their order never changes."""

from __future__ import annotations

__all__ = ["WORDS"]

_TEXT = """
    acorn agenda alarm album almond amber anchor apple apron arrow atlas autumn avocado badge baker
    balcony bamboo banjo barrel basket beacon bicycle biscuit blanket blossom bottle bracket branch
    brick bronze bubble bucket buffalo bundle butter cabin cactus camera candle carpet castle cello
    chalk cherry chimney cinema circus citrus clover cobalt coconut comet compass copper coral cotton
    cowboy cradle crayon cricket crystal curtain cushion dancer dentist diamond dinner dolphin donkey
    dragon drawer drummer eagle earth echo elbow emerald engine fabric falcon farmer feather fiddle
    finger forest fossil garden garlic gazelle giant ginger giraffe glacier glove goblet granite gravel
    guitar hammer harvest helmet heron hockey honey hotel hunter igloo indigo insect island ivory jacket
    jaguar jasmine jelly jigsaw jumper jungle kayak kennel kettle kidney kitchen koala ladder lagoon
    lantern laptop lawyer leather lemon library lilac lizard lobster locket lumber magnet mango maple
    marble market meadow melon mermaid mirror mitten monkey mosaic motor music napkin needle noodle
    nugget oasis ocean octopus olive onion opera orange orchid oyster paddle palace panda parrot pasture
    peanut pebble pelican pencil pepper piano pickle pirate planet plaster pocket pony potato prairie
    pumpkin puppet purple puzzle quilt rabbit radio raisin ranch raven ribbon river robin rocket rubber
    ruby saffron salad salmon satin scarf scooter shadow shelter shovel silver siren sofa spider spinach
    sponge squid statue stone summer sunset swallow table teapot temple tennis thimble thunder ticket
    tiger timber toast tomato torch tractor trumpet tulip tunnel turtle vacuum valley vanilla velvet
    village violin volcano waffle wagon walnut water whistle willow window winter wizard yacht zebra
    zipper
"""

WORDS: tuple[str, ...] = tuple(_TEXT.split())
"""One word for each value of a byte: 4 to 7 letters, told apart by their first four, no homophones."""
