/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gstdio.h>

#include "core/train/predictor.h"
#include "digits.h"

/* What a sink saw. */
typedef struct {
  GString   *events;
  guint64    n_steps;
  guint64    cancel_at, pause_at, lr_at, stop_at;
  TlTrainer *trainer;
  double     last_lr, last_loss;
} Log;

static void
started_cb (gpointer            user_data,
            const TlRunStarted *event)
{
  g_string_append (((Log *)user_data)->events, "started ");
  g_assert_cmpuint (event->n_parameters, ==, 64 * 64 + 64 + 640 + 10);
  g_assert_cmpstr (event->loss, ==, "CrossEntropyLoss");
}

static gpointer
unpause_cb (gpointer data)
{
  g_usleep (50000);
  tl_trainer_set_paused (data, FALSE);
  return NULL;
}

static void
step_cb (gpointer         user_data,
         const TlRunStep *event)
{
  Log *self = user_data;

  self->n_steps++;
  self->last_lr = event->lr;
  self->last_loss = event->loss;
  g_assert_cmpuint (event->step, <=, event->n_steps);
  if (event->step == self->cancel_at)
    tl_context_cancel (tl_context_get ());
  if (event->step == self->lr_at)
    tl_trainer_set_lr (self->trainer, 0.5);
  if (event->step == self->stop_at)
    tl_trainer_stop (self->trainer);
  if (event->step == self->pause_at) {
    tl_trainer_set_paused (self->trainer, TRUE);
    g_thread_unref (g_thread_new ("unpause", unpause_cb, self->trainer));
  }
}

static void
epoch_cb (gpointer           user_data,
          const TlRunResult *event)
{
  g_string_append_printf (((Log *)user_data)->events, "epoch%" G_GUINT64_FORMAT " ", event->epoch);
}

static void
validation_cb (gpointer           user_data,
               const TlRunResult *event)
{
  g_assert_cmpstr (event->names[1], ==, "accuracy");
  g_string_append (((Log *)user_data)->events, "validation ");
}

static void
change_cb (gpointer           user_data,
           const TlRunChange *event)
{
  g_string_append_printf (((Log *)user_data)->events, "%s ", event->name);
}

static void
checkpoint_cb (gpointer    user_data,
               guint64     step,
               const char *path)
{
  g_string_append (((Log *)user_data)->events, "checkpoint ");
}

#define END_CB(name)                                                \
  static void name##_cb (gpointer user_data, const TlRunEnd *event) \
  {                                                                 \
    g_string_append (((Log *)user_data)->events, #name " ");        \
  }
END_CB (finished)
END_CB (interrupted)
END_CB (failed)

static const TlRunSink sink = {
  .started = started_cb,
  .step = step_cb,
  .epoch = epoch_cb,
  .validation = validation_cb,
  .change = change_cb,
  .checkpoint = checkpoint_cb,
  .finished = finished_cb,
  .interrupted = interrupted_cb,
  .failed = failed_cb,
};

static char *
make_folder (void)
{
  return g_dir_make_tmp ("tl-run-XXXXXX", NULL);
}

static void
remove_folder (char *folder)
{
  static const char *const names[] = { "checkpoint.safetensors", "best.safetensors", "model.safetensors" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (folder, names[i], NULL);

    g_unlink (path);
  }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_free (folder);
}

static void
test_learns (void)
{
  Digits                digits;
  TlTrainerOptions      options;
  g_autoptr (TlTrainer) trainer = NULL;
  g_autoptr (GError)    error = NULL;
  Log                   log = { .events = g_string_new (NULL) };
  char                 *folder = make_folder ();
  g_autofree char      *model = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char      *best = g_build_filename (folder, "best.safetensors", NULL);
  double                values[2];

  digits_init (&digits, FALSE);
  options = digits_options (&digits);
  options.epochs = 15;
  options.folder = folder;
  options.keep_best = TRUE;
  options.monitor = "accuracy";
  options.checkpoint_every = 10;
  options.sink = &sink;
  options.sink_data = &log;
  trainer = tl_trainer_new (&options, &error);
  g_assert_no_error (error);
  g_assert_true (tl_trainer_run (trainer, &error));
  g_assert_no_error (error);
  g_test_message ("test accuracy %g", tl_trainer_get_result (trainer, "accuracy", TRUE));
  g_assert_cmpfloat (tl_trainer_get_result (trainer, "accuracy", TRUE), >, 0.95);
  g_assert_cmpuint (log.n_steps, ==, 15 * 45);
  g_assert_true (g_str_has_prefix (log.events->str, "started epoch0 validation epoch1 validation "));
  g_assert_true (g_str_has_suffix (log.events->str, "epoch9 validation checkpoint epoch10 validation epoch11 validation "
                                                    "epoch12 validation epoch13 validation epoch14 validation checkpoint finished "));
  g_assert_true (tl_trainer_evaluate (trainer, digits.test, values, 2, &error));
  g_assert_cmpfloat (values[1], ==, tl_trainer_get_result (trainer, "accuracy", TRUE));
  g_assert_true (g_file_test (best, G_FILE_TEST_EXISTS));
  {
    /* The model's file holds parameters only, and another model of the kind can take them. */
    Digits                   other;
    g_autoptr (TlCheckpoint) file = tl_checkpoint_open_weights (model, &error);
    g_autoptr (GPtrArray)    parameters = NULL;

    digits_init (&other, FALSE);
    g_assert_no_error (error);
    parameters = tl_model_get_parameters (other.model);
    g_assert_true (tl_checkpoint_restore (file, (TlVariable *const *)parameters->pdata, parameters->len, TRUE, &error));
    g_assert_cmpstr (tl_checkpoint_get (file, "trellis.classes"), ==, "0\n1\n2\n3\n4\n5\n6\n7\n8\n9");
    g_assert_null (tl_checkpoint_open (model, &error));
    g_assert_error (error, TL_ERROR, TL_ERROR_FORMAT);
    digits_clear (&other);
  }
  g_string_free (log.events, TRUE);
  remove_folder (folder);
  g_clear_pointer (&trainer, tl_trainer_free);
  digits_clear (&digits);
}

static void
use_search (Digits *digits)
{
  g_autoptr (GPtrArray) parameters = tl_model_get_parameters (digits->model);
  g_autoptr (GError)    error = NULL;

  tl_optimizer_unref (digits->optimizer);
  digits->optimizer = tl_optimizer_new (tl_optimizer_find ("LBFGS"), (TlVariable *const *)parameters->pdata, parameters->len, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (tl_optimizer_set_attr (digits->optimizer, "history_size", &TL_INPUT_INT (5), &error));
  g_assert_true (tl_optimizer_set_attr (digits->optimizer, "max_iter", &TL_INPUT_INT (4), &error));
  g_assert_true (tl_optimizer_set_attr (digits->optimizer, "line_search_fn", &TL_INPUT_STRING ("strong_wolfe"), &error));
}

/* Bits after three epochs: in one go, or interrupted at a step and resumed by fresh objects. */
static char *
train_bits (guint64  interrupt_at,
            guint    accumulate,
            gsize    batch_size,
            gboolean searches,
            double  *loss)
{
  char *folder = make_folder (), *hash = NULL;
  guint n_runs = interrupt_at > 0 ? 2 : 1;

  for (guint run = 0; run < n_runs; run++) {
    Digits                digits;
    TlTrainerOptions      options;
    g_autoptr (TlTrainer) trainer = NULL;
    g_autoptr (GError)    error = NULL;
    Log                   log = { .events = g_string_new (NULL), .cancel_at = run + 1 < n_runs ? interrupt_at : 0 };

    digits_init (&digits, TRUE);
    if (searches)
      use_search (&digits);
    options = digits_options (&digits);
    options.epochs = 3;
    options.folder = folder;
    options.accumulate = accumulate;
    options.batch_size = batch_size;
    options.schedule = tl_schedule_find ("cosine");
    options.sink = &sink;
    options.sink_data = &log;
    trainer = tl_trainer_new (&options, &error);
    g_assert_no_error (error);
    if (run > 0) {
      g_autofree char *path = g_build_filename (folder, "checkpoint.safetensors", NULL);

      tl_trainer_resume (trainer, path, &error);
      g_assert_no_error (error);
    }
    if (run + 1 < n_runs) {
      g_assert_false (tl_trainer_run (trainer, &error));
      g_assert_error (error, TL_ERROR, TL_ERROR_CANCELLED);
      g_assert_true (g_str_has_suffix (log.events->str, "checkpoint interrupted "));
      tl_context_clear_cancel (tl_context_get ());
    } else {
      g_assert_true (tl_trainer_run (trainer, &error));
      hash = digits_hash (&digits);
      *loss = tl_trainer_get_result (trainer, "loss", FALSE);
    }
    g_string_free (log.events, TRUE);
    g_clear_pointer (&trainer, tl_trainer_free);
    digits_clear (&digits);
  }
  remove_folder (folder);
  return hash;
}

static void
test_resume (void)
{
  double           loss, other;
  g_autofree char *whole = train_bits (0, 1, 32, FALSE, &loss);

  for (guint i = 0; i < 4; i++) {
    static const guint64 steps[] = { 1, 44, 45, 77 };
    g_autofree char     *parts = train_bits (steps[i], 1, 32, FALSE, &other);

    g_assert_cmpstr (parts, ==, whole);
    g_assert_cmpfloat (other, ==, loss);
  }
}

static void
test_resume_accumulated (void)
{
  double           loss, other;
  g_autofree char *whole = train_bits (0, 4, 10, FALSE, &loss);
  g_autofree char *parts = train_bits (40, 4, 10, FALSE, &other);

  g_assert_cmpstr (parts, ==, whole);
  g_assert_cmpfloat (other, ==, loss);
}

/* An optimizer that runs the step's batches several times, and remembers how the last steps went. */
static void
test_resume_search (void)
{
  for (guint accumulate = 1; accumulate <= 2; accumulate++) {
    double           loss, other;
    g_autofree char *whole = train_bits (0, accumulate, 480 / accumulate, TRUE, &loss);
    g_autofree char *parts = train_bits (4, accumulate, 480 / accumulate, TRUE, &other);

    g_assert_cmpstr (parts, ==, whole);
    g_assert_cmpfloat (other, ==, loss);
    g_test_message ("loss %g", loss);
    g_assert_cmpfloat (loss, <, 0.5);
  }
}

static void
test_threads (void)
{
  char  *hashes[2];
  double loss;

  for (guint i = 0; i < 2; i++) {
    g_autoptr (TlContext) context = tl_context_new (i + 1);
    TlContext            *before = tl_context_make_current (context);

    hashes[i] = train_bits (0, 1, 32, FALSE, &loss);
    tl_context_make_current (before);
  }
  g_assert_cmpstr (hashes[0], ==, hashes[1]);
  g_free (hashes[0]);
  g_free (hashes[1]);
}

/* Four batches of 8 in a step are a batch of 32, up to the order of sums. */
static void
test_accumulate (void)
{
  double losses[2];

  for (guint i = 0; i < 2; i++) {
    Digits                digits;
    TlTrainerOptions      options;
    g_autoptr (TlTrainer) trainer = NULL;
    g_autoptr (GError)    error = NULL;
    TlTrainerState        state;

    digits_init (&digits, FALSE);
    options = digits_options (&digits);
    options.epochs = 2;
    options.batch_size = i == 0 ? 32 : 8;
    options.accumulate = i == 0 ? 1 : 4;
    trainer = tl_trainer_new (&options, &error);
    g_assert_no_error (error);
    g_assert_true (tl_trainer_run (trainer, &error));
    losses[i] = tl_trainer_get_result (trainer, "loss", TRUE);
    tl_trainer_get_state (trainer, &state);
    g_assert_cmpuint (state.step, ==, 90);
    g_clear_pointer (&trainer, tl_trainer_free);
    digits_clear (&digits);
  }
  g_assert_cmpfloat_with_epsilon (losses[0], losses[1], 1e-4 * losses[0]);
}

static void
test_resume_refuses (void)
{
  Digits                digits;
  TlTrainerOptions      options;
  g_autoptr (TlTrainer) trainer = NULL, other = NULL;
  g_autoptr (GError)    error = NULL;
  g_autofree char      *path = g_build_filename (g_get_tmp_dir (), "tl-refused.safetensors", NULL), *before = NULL, *after = NULL;

  digits_init (&digits, FALSE);
  options = digits_options (&digits);
  trainer = tl_trainer_new (&options, &error);
  g_assert_no_error (error);
  g_assert_true (tl_trainer_save_checkpoint (trainer, path, &error));
  options.batch_size = 16;
  other = tl_trainer_new (&options, &error);
  before = digits_hash (&digits);
  g_assert_false (tl_trainer_resume (other, path, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "batch_size = 32"));
  after = digits_hash (&digits);
  g_assert_cmpstr (before, ==, after);
  g_unlink (path);
  g_clear_pointer (&trainer, tl_trainer_free);
  g_clear_pointer (&other, tl_trainer_free);
  digits_clear (&digits);
}

static void
test_live (void)
{
  Digits                digits;
  TlTrainerOptions      options;
  g_autoptr (TlTrainer) trainer = NULL;
  g_autoptr (GError)    error = NULL;
  Log                   log = { .events = g_string_new (NULL), .lr_at = 3, .pause_at = 5, .stop_at = 8 };
  TlTrainerState        state;

  digits_init (&digits, FALSE);
  options = digits_options (&digits);
  options.epochs = 2;
  options.sink = &sink;
  options.sink_data = &log;
  trainer = log.trainer = tl_trainer_new (&options, &error);
  g_assert_no_error (error);
  g_assert_true (tl_trainer_run (trainer, &error));
  g_assert_cmpstr (log.events->str, ==, "started lr pause continue stop finished ");
  tl_trainer_get_state (trainer, &state);
  g_assert_cmpuint (state.step, ==, 8);
  g_assert_cmpfloat (log.last_lr, ==, 0.5);
  g_string_free (log.events, TRUE);
  g_clear_pointer (&trainer, tl_trainer_free);
  digits_clear (&digits);
}

/* A rate without bound drives the weights to infinity; the step that would make a NaN is not taken. */
static void
test_nonfinite (void)
{
  Digits                digits;
  TlTrainerOptions      options;
  g_autoptr (TlTrainer) trainer = NULL;
  g_autoptr (GError)    error = NULL;
  Log                   log = { .events = g_string_new (NULL) };
  g_autoptr (GPtrArray) parameters = NULL;
  TlTrainerState        state;

  digits_init (&digits, FALSE);
  g_assert_true (tl_optimizer_set_attr (digits.optimizer, "lr", &TL_INPUT_NUMBER (1e30), &error));
  options = digits_options (&digits);
  options.epochs = 2;
  options.sink = &sink;
  options.sink_data = &log;
  trainer = tl_trainer_new (&options, &error);
  g_assert_no_error (error);
  g_assert_false (tl_trainer_run (trainer, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_NUMERIC);
  g_assert_true (g_str_has_suffix (log.events->str, "failed "));
  tl_trainer_get_state (trainer, &state);
  g_assert_cmpuint (state.step, >=, 1);
  parameters = tl_model_get_parameters (digits.model);
  for (guint i = 0; i < parameters->len; i++) {
    const TlTensor *value = tl_variable_get_value (parameters->pdata[i]);

    for (gsize j = 0; j < tl_tensor_get_n_elements (value); j++)
      g_assert_true (isfinite (tl_tensor_peek_element (value, j)));
  }
  g_string_free (log.events, TRUE);
  g_clear_pointer (&trainer, tl_trainer_free);
  digits_clear (&digits);
}

static void
test_early_stop (void)
{
  Digits                digits;
  TlTrainerOptions      options;
  g_autoptr (TlTrainer) trainer = NULL;
  g_autoptr (GError)    error = NULL;
  Log                   log = { .events = g_string_new (NULL) };
  TlTrainerState        state;

  digits_init (&digits, FALSE);
  options = digits_options (&digits);
  options.epochs = 50;
  options.patience = 2;
  options.min_delta = 100; /* nothing is ever better than the first epoch */
  options.sink = &sink;
  options.sink_data = &log;
  trainer = tl_trainer_new (&options, &error);
  g_assert_no_error (error);
  g_assert_true (tl_trainer_run (trainer, &error));
  tl_trainer_get_state (trainer, &state);
  g_assert_cmpuint (state.epoch, ==, 3);
  g_assert_cmpuint (state.best_epoch, ==, 0);
  g_assert_true (g_str_has_suffix (log.events->str, "early_stop finished "));
  g_string_free (log.events, TRUE);
  g_clear_pointer (&trainer, tl_trainer_free);
  digits_clear (&digits);
}

static void
test_misfits (void)
{
  Digits             digits;
  TlTrainerOptions   options;
  g_autoptr (GError) error = NULL;

  digits_init (&digits, FALSE);
  options = digits_options (&digits);
  options.transforms = NULL;
  g_assert_null (tl_trainer_new (&options, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_DTYPE);
  g_assert_nonnull (strstr (error->message, "to_float"));
  g_clear_error (&error);
  options = digits_options (&digits);
  options.monitor = "f1";
  g_assert_null (tl_trainer_new (&options, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_NAME);
  digits_clear (&digits);
}

typedef struct {
  TlTrainer *trainer;
  guint      n_asked;
} Curious;

static void
ask_cb (gpointer user_data)
{
  Curious                *self = user_data;
  g_autoptr (TlPredictor) predictor = tl_predictor_new (self->trainer);
  g_autoptr (TlTensor)    output = tl_predictor_run (predictor, self->n_asked++ % 100, NULL);

  g_assert_cmpuint (tl_tensor_get_n_elements (output), ==, 10);
}

/* The predictor tells what the validation has measured, and who asks between the steps changes nothing. */
static void
test_predict (void)
{
  char *hashes[2] = { NULL, NULL };

  for (guint k = 0; k < 2; k++) {
    Digits                  digits;
    TlTrainerOptions        options;
    g_autoptr (TlTrainer)   trainer = NULL;
    g_autoptr (TlPredictor) predictor = NULL;
    g_autoptr (GError)      error = NULL;
    Curious                 curious = { 0 };
    guint                   n_right = 0, n_items;

    digits_init (&digits, TRUE);
    options = digits_options (&digits);
    options.epochs = 2;
    curious.trainer = trainer = tl_trainer_new (&options, &error);
    g_assert_no_error (error);
    g_assert_null (tl_predictor_new (trainer));
    if (k == 1)
      tl_trainer_set_idle_func (trainer, ask_cb, &curious);
    g_assert_true (tl_trainer_run (trainer, &error));
    g_assert_cmpuint (curious.n_asked, ==, k == 1 ? 90 : 0);
    predictor = tl_predictor_new (trainer);
    n_items = (guint)tl_dataset_get_n_items (tl_predictor_get_dataset (predictor));
    for (guint item = 0; item < n_items; item++) {
      g_autoptr (TlTensor) output = tl_predictor_run (predictor, item, &error);
      guint                best = 0;

      g_assert_no_error (error);
      for (guint i = 1; i < 10; i++)
        if (tl_tensor_peek_element (output, i) > tl_tensor_peek_element (output, best))
          best = i;
      n_right += best == *(const guint *)tl_dataset_peek_item (digits.test, 1, item);
    }
    g_assert_cmpfloat_with_epsilon ((double)n_right / n_items, tl_trainer_get_result (trainer, "accuracy", TRUE), 1e-9);
    g_assert_null (tl_predictor_run (predictor, n_items, &error));
    g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
    hashes[k] = digits_hash (&digits);
    digits_clear (&digits);
  }
  g_assert_cmpstr (hashes[0], ==, hashes[1]);
  g_free (hashes[0]);
  g_free (hashes[1]);
}

/* A training that averages ends with the average of the weights of another that does not. */

#define DECAY 0.9

typedef struct {
  GPtrArray *parameters;
  double     average[1 << 14];
} Averaging;

static void
average_step_cb (gpointer         user_data,
                 const TlRunStep *event)
{
  Averaging *self = user_data;
  gsize      at = 0;

  for (guint i = 0; i < self->parameters->len; i++) {
    TlTensor *value = tl_variable_get_value (self->parameters->pdata[i]);

    for (gsize j = 0; j < tl_tensor_get_n_elements (value); j++, at++) {
      g_assert_cmpuint (at, <, G_N_ELEMENTS (self->average));
      self->average[at] += (1 - DECAY) * (tl_tensor_peek_element (value, j) - self->average[at]);
    }
  }
}

static void
take_start (Averaging *self)
{
  gsize at = 0;

  for (guint i = 0; i < self->parameters->len; i++) {
    TlTensor *value = tl_variable_get_value (self->parameters->pdata[i]);

    for (gsize j = 0; j < tl_tensor_get_n_elements (value); j++)
      self->average[at++] = tl_tensor_peek_element (value, j);
  }
}

static void
test_average (void)
{
  const TlRunSink       averaging_sink = { .step = average_step_cb };
  g_autofree Averaging *averaging = g_new0 (Averaging, 1);
  Digits                plain, averaged;
  TlTrainerOptions      options;
  g_autoptr (TlTrainer) first = NULL, second = NULL;
  g_autoptr (GPtrArray) parameters = NULL;
  g_autoptr (GError)    error = NULL;
  gsize                 at = 0;

  digits_init (&plain, FALSE);
  averaging->parameters = tl_model_get_parameters (plain.model);
  take_start (averaging);
  options = digits_options (&plain);
  options.epochs = 2;
  options.sink = &averaging_sink;
  options.sink_data = averaging;
  first = tl_trainer_new (&options, &error);
  g_assert_true (tl_trainer_run (first, &error));

  digits_init (&averaged, FALSE);
  options = digits_options (&averaged);
  options.epochs = 2;
  options.average = DECAY;
  second = tl_trainer_new (&options, &error);
  g_assert_no_error (error);
  g_assert_true (tl_trainer_run (second, &error));
  parameters = tl_model_get_parameters (averaged.model);
  for (guint i = 0; i < parameters->len; i++) {
    TlTensor *value = tl_variable_get_value (parameters->pdata[i]);

    for (gsize j = 0; j < tl_tensor_get_n_elements (value); j++)
      g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (value, j), averaging->average[at++], 1e-5);
  }
  g_assert_cmpfloat (tl_trainer_get_result (second, "accuracy", TRUE), !=, tl_trainer_get_result (first, "accuracy", TRUE));
  g_ptr_array_unref (averaging->parameters);
  g_clear_pointer (&first, tl_trainer_free);
  g_clear_pointer (&second, tl_trainer_free);
  digits_clear (&plain);
  digits_clear (&averaged);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/trainer/learns", test_learns);
  g_test_add_func ("/train/trainer/resume", test_resume);
  g_test_add_func ("/train/trainer/resume-accumulated", test_resume_accumulated);
  g_test_add_func ("/train/trainer/resume-search", test_resume_search);
  g_test_add_func ("/train/trainer/threads", test_threads);
  g_test_add_func ("/train/trainer/accumulate", test_accumulate);
  g_test_add_func ("/train/trainer/resume-refuses", test_resume_refuses);
  g_test_add_func ("/train/trainer/live", test_live);
  g_test_add_func ("/train/trainer/nonfinite", test_nonfinite);
  g_test_add_func ("/train/trainer/early-stop", test_early_stop);
  g_test_add_func ("/train/trainer/misfits", test_misfits);
  g_test_add_func ("/train/trainer/predict", test_predict);
  g_test_add_func ("/train/trainer/average", test_average);
  return g_test_run ();
}
