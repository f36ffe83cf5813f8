"""Training: steps, fits, what they call back, and their ends."""

import io
import math
import os
import signal
import threading
import unittest
import unittest.mock

import numpy as np
import small

import minnow


class Fits(unittest.TestCase):
    def test_take_the_steps_that_one_would_take_by_hand(self):
        images, labels = small.examples(20)
        fitted, stepped = (small.model(set={"training.shuffle": False}) for _ in range(2))
        history = fitted.fit(images, labels, epochs=2)
        for _ in range(2):
            for first in range(0, 20, 8):
                outcome = stepped.train_step(images[first : first + 8], labels[first : first + 8])
        np.testing.assert_array_equal(small.numbers(fitted), small.numbers(stepped))
        self.assertEqual(outcome.examples, 4)
        self.assertEqual((len(history), fitted.steps), (2, 6))
        self.assertTrue(math.isnan(history[0].validation_loss))

    def test_learn(self):
        images, labels = small.examples(64)
        model = small.model(set={"training.learning_rate": 0.2})
        before = model.evaluate(images, labels)
        history = model.fit(images, labels, validation=(images, labels), epochs=20)
        after = model.evaluate(images, labels)
        self.assertLess(after.loss, before.loss / 2)
        self.assertAlmostEqual(history[-1].validation_loss, after.loss, places=6)
        self.assertEqual(history[-1].validation_accuracy, after.accuracy)

    def test_of_the_models_own_data(self):
        model = minnow.load("""
            inputs { name: "x" shape: [2] }
            layers { name: "line" dense { units: 1 } }
            loss { mean_squared_error {} }
            training { learning_rate: 0.1 batch_size: 50 epochs: 4 }
            data { linear_regression { weights: [2, -3.4] bias: 4.2 } }""")
        model.fit()
        np.testing.assert_allclose(model.weights["line.weight"].ravel(), [2, -3.4], atol=0.05)
        self.assertLess(model.evaluate().loss, 0.01)

    def test_a_rate_of_its_own(self):
        images, labels = small.examples(8)
        model = small.model()
        before = small.numbers(model)[:100].copy()
        model.train_step(images, labels, learning_rate=0.0)
        np.testing.assert_array_equal(small.numbers(model)[:100], before)


class Callbacks(unittest.TestCase):
    def test_hear_of_steps_and_epochs(self):
        class Listener:
            steps, epochs = [], []

            def on_step(self, step):
                self.steps.append(step)

            def on_epoch(self, epoch):
                self.epochs.append(epoch)

        seen = []
        listener = Listener()
        images, labels = small.examples(20)
        history = small.model().fit(images, labels, validation=(images, labels), callbacks=[listener, seen.append])
        self.assertEqual([step.step for step in listener.steps], list(range(1, 10)))
        self.assertEqual([step.epoch for step in listener.steps], [1] * 3 + [2] * 3 + [3] * 3)
        self.assertEqual(listener.epochs, list(history))
        self.assertEqual(seen, list(history))

    def test_stop_and_go_on(self):
        images, labels = small.examples(20)
        whole, stopped = small.model(), small.model()
        whole.fit(images, labels)

        class Stopper:
            def on_step(self, step):
                if step.step == 4:
                    stopped.stop()

        stopped.fit(images, labels, callbacks=Stopper())
        self.assertEqual(stopped.steps, 4)
        stopped.fit(images, labels)
        np.testing.assert_array_equal(small.numbers(stopped), small.numbers(whole))

    def test_an_exception_comes_out(self):
        images, labels = small.examples(20)
        model = small.model()

        def fail(epoch):
            raise RuntimeError(f"after {epoch.epoch}")

        with self.assertRaisesRegex(RuntimeError, "after 1"):
            model.fit(images, labels, callbacks=fail)
        self.assertEqual(model.steps, 3)
        model.fit(images, labels)
        self.assertEqual(model.steps, 9)

    def test_may_not_run_the_model(self):
        images, labels = small.examples(20)
        model = small.model()
        with self.assertRaisesRegex(ValueError, "callback"):
            model.fit(images, labels, callbacks=lambda epoch: model.predict(images))

    def test_look_at_weights(self):
        images, labels = small.examples(20)
        model = small.model()
        norms = []
        model.fit(images, labels, callbacks=lambda epoch: norms.append(float(np.linalg.norm(model.weights["fc.weight"]))))
        self.assertEqual(len(set(norms)), 3)


class Interrupts(unittest.TestCase):
    def test_keyboard_interrupt_stops_behind_a_step(self):
        images, labels = small.examples(20)
        model = small.model()
        model.fit(images, labels, epochs=1)  # compiled
        begun = threading.Event()

        def interrupt():
            begun.wait()
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with self.assertRaises(KeyboardInterrupt):
            model.fit(images, labels, epochs=10_000_000, callbacks=lambda epoch: begun.set())
        thread.join()
        self.assertGreater(model.steps, 3)
        self.assertTrue(np.isfinite(small.numbers(model)).all())

    def test_other_threads_run_meanwhile(self):
        images, labels = small.examples(20)
        model = small.model()
        model.fit(images, labels, epochs=1)  # compiled
        done = threading.Event()

        def stop():
            while not done.wait(0.01):
                model.stop()  # does nothing before the fit has begun

        thread = threading.Thread(target=stop)
        thread.start()
        model.fit(images, labels, epochs=100_000)
        done.set()
        thread.join()
        self.assertLess(len(model.history), 100_001)

    def test_progress_counts_all_epochs(self):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        images, labels = small.examples(20)
        model = small.model()
        with unittest.mock.patch("sys.stderr", Terminal()) as terminal:
            for _ in range(2):
                model.fit(images, labels, epochs=1)
        self.assertIn("epoch 1/1 ", terminal.getvalue())
        self.assertRegex(terminal.getvalue(), "epoch 2(/2)? ")
        self.assertNotIn("epoch 2/1", terminal.getvalue())

    def test_what_fit_refuses(self):
        images, labels = small.examples(20)
        for wrong in ({"epochs": 0}, {"epochs": -1}, {"callbacks": ["print"]}):
            with self.assertRaises(minnow.UsageError):
                small.model().fit(images, labels, **wrong)

    def test_divergence_names_its_step(self):
        images, labels = small.examples(20)
        model = small.model()
        model.weights["fc.weight"][0, 0] = np.inf
        with self.assertRaises(minnow.NotFiniteError) as caught:
            model.fit(images, labels)
        self.assertIn("step 1", caught.exception.place)

    def test_divergence_leaves_the_model_as_it_was(self):
        images, labels = small.examples(20)
        model = small.model()
        model.fit(images, labels, epochs=1)
        before = small.numbers(model)

        def spoil(epoch):
            model.weights["fc.weight"][0, 0] = np.inf

        with self.assertRaises(minnow.NotFiniteError):
            model.fit(images, labels, epochs=2, callbacks=spoil)
        self.assertEqual((model.steps, len(model.history)), (3, 1))
        np.testing.assert_array_equal(small.numbers(model), before)


if __name__ == "__main__":
    unittest.main()
