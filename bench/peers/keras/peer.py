"""Keras on TensorFlow's CPU build."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np
from protocol import answer, request, timed

import keras
import tensorflow as tf

seconds, threads, row = request()
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(1)
layers = keras.layers
kinds = {
    "lstm": layers.LSTM,
    "own": layers.LSTM,
    "gru": layers.GRU,
    "rnn": lambda units, **more: layers.SimpleRNN(units, activation="relu", **more),
}
batch, steps, inputs, hidden = (row[name] for name in ("batch", "steps", "inputs", "hidden"))
streaming = row["kind"] == "streaming"
entropy = row.get("loss") == "crossEntropy"

whole = not row.get("last") and not streaming
stack = [kinds[row["cell"]](hidden, return_sequences=whole, stateful=streaming) for _ in range(row["layers"])]
head = [layers.Dense(row["head"])] if row.get("head") else []
net = keras.Sequential([keras.Input(batch_shape=(batch, steps, inputs)), *stack, *head])

random = np.random.default_rng(1)
classes = random.integers(0, inputs, (batch, steps))
x = tf.constant(np.eye(inputs)[classes] if entropy else random.normal(size=(batch, steps, inputs)), tf.float32)
if row["kind"] == "training":
    target = tf.constant(classes) if entropy else tf.zeros(net.output_shape)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if entropy else "mse"
    net.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss)
    step = lambda: net.train_on_batch(x, target)
else:
    infer = tf.function(lambda: net(x, training=False))
    step = lambda: infer().numpy()

versions = {"keras": keras.__version__, "tensorflow": tf.__version__, "threads": threads}
answer({**timed(step, seconds, row.get("repeat", 1)), "versions": versions})
