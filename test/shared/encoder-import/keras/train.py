"""test/shared/encoder-import/keras/train.py: a small transformer trained with Keras on windows of simulated traffic, exported to ONNX by tf2onnx.

    npx tsx test/shared/encoder-import/keras/write-windows.ts WINDOWS
    python train.py --windows WINDOWS --output .   # needs tensorflow-cpu, tf2onnx

It forecasts the bin of the next amount in 12 bins of its own, gives its state as an embedding, and knows nothing of the
product's definition of an encoder. Writes encoder.onnx, encoder.json (the manifest for
`fraudctl encoders import`) and golden.json (what Keras says of a few histories).
"""

import argparse
import hashlib
import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
import tf2onnx
from keras import layers, ops

WIDTH = 32
FIELDS = [
    "amountLog", "amountSign", "levelDifference", "levelZ", "categoryDifference", "gap", "gapMissing", "categoryGap",
    "burst", "hour-sin", "hour-cos", "weekday-sin", "weekday-cos", "sameMerchant", "sameCategory", "cardPresent",
    "homeCountry", "sameCountry", "newDevice", "ipCountryDiffers",
]
EDGES = [-2.5, -1.8, -1.2, -0.8, -0.4, 0.0, 0.4, 0.8, 1.2, 1.8, 2.5]
# Edges of the product's 48 bins (shared/features/population-reference.ts), for reading next.npy.
PRODUCT_EDGES = (np.arange(47) - 23) * 0.16


class Encoder(keras.Model):
    def __init__(self):
        super().__init__()
        self.channels = layers.Dense(WIDTH)
        self.category = layers.Embedding(32, WIDTH)
        self.norms = [layers.LayerNormalization() for _ in range(3)]
        self.attention = layers.MultiHeadAttention(4, WIDTH // 4)
        self.hidden = layers.Dense(64, activation="relu")
        self.back = layers.Dense(WIDTH)
        self.recent = layers.Dense(WIDTH, use_bias=False)
        self.forecast = layers.Dense(len(EDGES) + 1)

    def call(self, inputs):
        x, category, mask = inputs
        x = self.channels(x) + self.category(category)
        normed = self.norms[0](x)
        # The newest event asks; padding is not looked at.
        asked = self.attention(normed[:, -1:], normed, attention_mask=ops.cast(mask[:, None, :] > 0.5, "bool"))
        state = x[:, -1] + self.recent(x[:, -1]) + asked[:, 0]
        state = state + self.back(self.hidden(self.norms[1](state)))
        embedding = self.norms[2](state)
        return embedding, self.forecast(embedding)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windows", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--channel-names", required=True, help="JSON list of the product's channel names")
    options = parser.parse_args()
    keras.utils.set_random_seed(7)
    load = lambda name: np.load(os.path.join(options.windows, f"{name}.npy"))
    names = json.loads(options.channel_names)
    channels, ids, mask, following = load("channels"), load("ids"), load("mask"), load("next")
    mask = mask * (1 - channels[:, :, names.index("start")])
    x = channels[:, :, [names.index(field) for field in FIELDS]] * mask[:, :, None]
    category = ids[:, :, 1] * mask.astype(np.int32)
    centres = np.concatenate([[PRODUCT_EDGES[0] - 0.08], PRODUCT_EDGES + 0.08])
    target = np.digitize(centres, EDGES)[following]
    model = Encoder()
    optimizer = keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(3e-3, 400))
    # Blocks of 200 rows are some cards each.
    is_held = (np.arange(len(target)) // 200) % 10 == 0
    held, kept = np.flatnonzero(is_held), np.flatnonzero(~is_held)

    def loss_of(rows, training=False):
        _, logits = model((x[rows], category[rows], mask[rows]), training=training)
        return ops.mean(keras.losses.sparse_categorical_crossentropy(target[rows], logits, from_logits=True))

    drawn = np.random.default_rng(7)
    for step in range(400):
        rows = drawn.choice(kept, 256)
        with tf.GradientTape() as tape:
            loss = loss_of(rows, training=True)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    counts = np.bincount(target[kept], minlength=len(EDGES) + 1) + 1
    frequencies = -np.log(counts / counts.sum())[target[held]].mean()
    print(f"held-out loss {float(loss_of(held)):.3f} nats, frequencies alone {frequencies:.3f}")

    signature = [
        tf.TensorSpec((None, None, len(FIELDS)), tf.float32, name="events"),
        tf.TensorSpec((None, None), tf.float32, name="is_event"),
        tf.TensorSpec((None, None, 1), tf.int32, name="codes"),
    ]

    @tf.function(input_signature=signature)
    def serve(events, is_event, codes):
        embedding, logits = model((events, codes[:, :, 0], is_event))
        return {"state": tf.identity(embedding), "next_amount": tf.identity(logits)}

    # What Keras itself says of a few histories: the product's path must say the same.
    with open(os.path.join(options.windows, "golden.json")) as given:
        golden = json.load(given)
    rows = [each.pop("row") for each in golden]
    for each, state in zip(golden, model((x[rows], category[rows], mask[rows]))[0].numpy()):
        each["embedding"] = [round(float(value), 5) for value in state]
    with open(os.path.join(options.output, "golden.json"), "w") as output:
        json.dump(golden, output, indent=1)
        output.write("\n")

    file = os.path.join(options.output, "encoder.onnx")
    proto, _ = tf2onnx.convert.from_function(serve, input_signature=signature, opset=17)
    with open(file, "wb") as output:
        output.write(proto.SerializeToString())
    names_out = [each.name for each in proto.graph.output]
    print("inputs", [each.name for each in proto.graph.input], "outputs", names_out)
    digest = hashlib.sha256(open(file, "rb").read()).hexdigest()
    manifest = {
        "formatVersion": 1,
        "name": "keras-small",
        "description": "Trained with Keras on four simulated portfolios to forecast the next amount.",
        "sha256": digest,
        "inputs": {
            "channels": {"name": "events", "fields": FIELDS},
            "ids": {"name": "codes", "fields": ["category"], "type": "int32"},
            "mask": {"name": "is_event", "type": "float32"},
        },
        "padding": "left",
        "window": 64,
        "outputs": {
            "embedding": {"name": next(n for n in names_out if "state" in n), "size": WIDTH},
            "forecastAmount": {"name": next(n for n in names_out if "next" in n), "form": "logits", "binEdges": EDGES},
        },
    }
    with open(os.path.join(options.output, "encoder.json"), "w") as output:
        json.dump(manifest, output, indent=2)
        output.write("\n")


if __name__ == "__main__":
    main()
