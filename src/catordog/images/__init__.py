"""From bytes to network input: the one path every photo takes, wherever it is going.

`reading` takes bytes off the disk, `decode` makes upright RGB pixels of them, `preprocess` makes
those the network's input. Training, evaluation, batches and servers all call these.
"""
