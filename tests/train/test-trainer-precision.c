/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Training in bf16 and f16: it learns as in f32, overflows are skipped, a NaN that is none of them ends it, and a resume is bit-equal.
 */
#include <glib/gstdio.h>

#include "core/train/loss-scale.h"
#include "digits.h"

typedef struct {
  guint64 cancel_at;
  guint   n_steps, n_falls, n_other;
  double  scale;
} Log;

static void
step_cb (gpointer         user_data,
         const TlRunStep *event)
{
  Log *self = user_data;

  self->n_steps++;
  g_assert_true (isfinite (event->loss));
  if (event->step == self->cancel_at)
    tl_context_cancel (tl_context_get ());
}

static void
change_cb (gpointer           user_data,
           const TlRunChange *event)
{
  Log *self = user_data;

  if (strcmp (event->name, "loss_scale") != 0)
    return;
  if (self->scale == 0)
    self->scale = TL_LOSS_SCALE_START;
  self->n_falls += event->value == self->scale / 2;
  self->n_other += event->value != self->scale / 2;
  self->scale = event->value;
}

static const TlRunSink sink = { .step = step_cb, .change = change_cb };

/* How the digits are multiplied: at 1/16 nothing overflows, at 64 gradients do, and first steps are not taken. */
static void
set_scale (Digits *self,
           double  factor)
{
  const TlAttrValue value = TL_FLOAT (factor);

  tl_transforms_unref (self->transforms);
  self->transforms = tl_transforms_new ();
  tl_transforms_add (self->transforms, &tl_transform_scale, &value, NULL);
}

static double
train (TlDType precision,
       guint64 epochs)
{
  Digits                digits;
  TlTrainerOptions      options;
  g_autoptr (TlTrainer) trainer = NULL;
  g_autoptr (GError)    error = NULL;
  Log                   log = { 0 };
  double                accuracy;

  digits_init (&digits, TRUE);
  options = digits_options (&digits);
  options.epochs = epochs;
  options.precision = precision;
  options.sink = &sink;
  options.sink_data = &log;
  trainer = tl_trainer_new (&options, &error);
  g_assert_no_error (error);
  g_assert_true (tl_trainer_run (trainer, &error));
  g_assert_no_error (error);
  accuracy = tl_trainer_get_result (trainer, "accuracy", TRUE);
  g_test_message ("%s: test accuracy %g, training loss %g, %u falls of the scale", tl_dtype_name (precision), accuracy,
                  tl_trainer_get_result (trainer, "loss", FALSE), log.n_falls);
  g_clear_pointer (&trainer, tl_trainer_free);
  digits_clear (&digits);
  return accuracy;
}

/* To the accuracy of f32 within a point. */
static void
test_learns (void)
{
  double wide = train (TL_DTYPE_F32, 12);

  g_assert_cmpfloat (wide, >, 0.94);
  g_assert_cmpfloat (train (TL_DTYPE_BF16, 12), >=, wide - 0.01);
  g_assert_cmpfloat (train (TL_DTYPE_F16, 12), >=, wide - 0.01);
}

typedef struct {
  char *hash;
  Log   log;
} Outcome;

/* In one go, or interrupted at a step and resumed by fresh objects. */
static Outcome
train_bits (TlDType precision,
            double  factor,
            guint   accumulate,
            guint64 interrupt_at)
{
  g_autofree char *folder = g_dir_make_tmp ("tl-run-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "checkpoint.safetensors", NULL);
  g_autofree char *model = g_build_filename (folder, "model.safetensors", NULL);
  guint            n_runs = interrupt_at > 0 ? 2 : 1;
  Outcome          outcome = { 0 };

  for (guint run = 0; run < n_runs; run++) {
    Digits                digits;
    TlTrainerOptions      options;
    g_autoptr (TlTrainer) trainer = NULL;
    g_autoptr (GError)    error = NULL;
    gboolean              breaks = run + 1 < n_runs;

    digits_init (&digits, TRUE);
    set_scale (&digits, factor);
    options = digits_options (&digits);
    options.epochs = 2;
    options.precision = precision;
    options.accumulate = accumulate;
    options.folder = folder;
    options.sink = &sink;
    options.sink_data = &outcome.log;
    outcome.log.cancel_at = breaks ? interrupt_at : 0;
    trainer = tl_trainer_new (&options, &error);
    g_assert_no_error (error);
    if (run > 0)
      tl_trainer_resume (trainer, path, &error);
    g_assert_no_error (error);
    g_assert_true (tl_trainer_run (trainer, &error) == !breaks);
    if (breaks)
      g_assert_error (error, TL_ERROR, TL_ERROR_CANCELLED);
    tl_context_clear_cancel (tl_context_get ());
    if (!breaks)
      outcome.hash = digits_hash (&digits);
    g_clear_pointer (&trainer, tl_trainer_free);
    digits_clear (&digits);
  }
  g_unlink (path);
  g_unlink (model);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  return outcome;
}

/* Steps that overflow pass and halve the scale, whether they come before or after the interruption. */
static void
test_overflow_and_resume (void)
{
  for (guint accumulate = 1; accumulate <= 3; accumulate += 2) {
    Outcome whole = train_bits (TL_DTYPE_F16, 64, accumulate, 0);

    g_assert_cmpuint (whole.log.n_falls, >=, 2);
    g_assert_cmpuint (whole.log.n_other, ==, 0);
    for (guint at = 2; at <= 20; at += 9) {
      Outcome parts = train_bits (TL_DTYPE_F16, 64, accumulate, at);

      g_assert_cmpstr (parts.hash, ==, whole.hash);
      g_assert_cmpfloat (parts.log.scale, ==, whole.log.scale);
      g_free (parts.hash);
    }
    g_free (whole.hash);
  }
}

static void
test_resume_bf16 (void)
{
  Outcome whole = train_bits (TL_DTYPE_BF16, 1.0 / 16, 1, 0), parts = train_bits (TL_DTYPE_BF16, 1.0 / 16, 1, 10);

  g_assert_cmpstr (parts.hash, ==, whole.hash);
  g_assert_cmpuint (whole.log.n_falls + whole.log.n_other, ==, 0);
  g_free (whole.hash);
  g_free (parts.hash);
}

/* Weights that f16 cannot hold: no scale helps, and the node is named. */
static void
test_real_nan (void)
{
  Digits                digits;
  TlTrainerOptions      options;
  g_autoptr (TlTrainer) trainer = NULL;
  g_autoptr (GError)    error = NULL;
  Log                   log = { 0 };

  digits_init (&digits, FALSE);
  g_assert_true (tl_optimizer_set_attr (digits.optimizer, "lr", &TL_INPUT_NUMBER (1e10), &error));
  options = digits_options (&digits);
  options.epochs = 3;
  options.precision = TL_DTYPE_F16;
  options.sink = &sink;
  options.sink_data = &log;
  trainer = tl_trainer_new (&options, &error);
  g_assert_no_error (error);
  g_assert_false (tl_trainer_run (trainer, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_NUMERIC);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "at node fc"));
  g_assert_nonnull (strstr (error->message, "the step was not taken"));
  g_assert_cmpuint (log.n_falls, ==, 16);
  g_assert_cmpfloat (log.scale, ==, 1);
  g_clear_pointer (&trainer, tl_trainer_free);
  digits_clear (&digits);
}

static void
test_resume_refuses (void)
{
  g_autofree char      *path = g_build_filename (g_get_tmp_dir (), "tl-precision-XXXXXX", NULL);
  Digits                digits;
  TlTrainerOptions      options;
  g_autoptr (TlTrainer) trainer = NULL;
  g_autoptr (TlTrainer) other = NULL;
  g_autoptr (GError)    error = NULL;

  g_close (g_mkstemp (path), NULL);
  digits_init (&digits, FALSE);
  options = digits_options (&digits);
  options.precision = TL_DTYPE_BF16;
  trainer = tl_trainer_new (&options, &error);
  g_assert_true (tl_trainer_save_checkpoint (trainer, path, &error));
  options.precision = TL_DTYPE_F32;
  other = tl_trainer_new (&options, &error);
  g_assert_false (tl_trainer_resume (other, path, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "precision = bf16"));
  g_unlink (path);
  g_clear_pointer (&trainer, tl_trainer_free);
  g_clear_pointer (&other, tl_trainer_free);
  digits_clear (&digits);
}

/* After many good steps the scale is doubled, up to a limit; at 1 it does not fall. */
static void
test_scale (void)
{
  g_autoptr (GError)      error = NULL;
  g_autoptr (TlLossScale) scale = tl_loss_scale_new (&error);
  gboolean                is_real;

  for (guint i = 0; i < TL_LOSS_SCALE_INTERVAL; i++) {
    g_assert_cmpfloat (tl_loss_scale_get (scale), ==, TL_LOSS_SCALE_START);
    g_assert_true (tl_loss_scale_count_good (scale, &error));
  }
  g_assert_cmpfloat (tl_loss_scale_get (scale), ==, 2 * TL_LOSS_SCALE_START);
  for (guint i = 0; i < 17; i++) {
    g_assert_true (tl_loss_scale_count_overflow (scale, &is_real, &error));
    g_assert_false (is_real);
  }
  g_assert_cmpfloat (tl_loss_scale_get (scale), ==, 1);
  g_assert_true (tl_loss_scale_count_overflow (scale, &is_real, &error));
  g_assert_true (is_real);
  g_assert_cmpfloat (tl_loss_scale_get (scale), ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (TlContext) context = tl_context_new (2);

  tl_context_make_current (context);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/precision/learns", test_learns);
  g_test_add_func ("/train/precision/overflow-and-resume", test_overflow_and_resume);
  g_test_add_func ("/train/precision/resume-bf16", test_resume_bf16);
  g_test_add_func ("/train/precision/real-nan", test_real_nan);
  g_test_add_func ("/train/precision/resume-refuses", test_resume_refuses);
  g_test_add_func ("/train/precision/scale", test_scale);
  return g_test_run ();
}
