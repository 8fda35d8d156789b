/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Layers and losses: what has parameters or a mode, and is made of operations.
 *
 * Each row of layers.def is one TlLayerClass in the file of the row's name.  It states two functions:
 *
 *     attributes, descriptions of the inputs -> setup()   -> which variables there are: name, shape, first value
 *     attributes, variables, inputs          -> forward() -> operations of core/op
 *
 * Shapes are those of the tensors that forward() makes in a scratch trace, so there is no second inference to keep in step.
 * A layer that is only an operation states .op and no function; its attributes are the operation's, by name.
 *
 * A layer may have *parts*, which are layers too and may have parts in turn.  Their variables are also the layer's own, under the
 * part's name; how many there are may depend on attributes:
 *
 *     setup():    tl_layer_declare_part (self, 0, "self_attn", tl_layer_find ("MultiheadAttention"), ...)
 *     forward():  tl_layer_run_part (self, 0, in, 3, &y, 1, error)
 *     variables:  encoder.self_attn.in_proj_weight, encoder.self_attn.in_proj_bias, ...
 *
 * A TlLayer is a row in use: its attributes, its path, its variables and its parts.  Models (model.h) are made of them; a Lua module
 * may hold one by itself.
 *
 *     layer = tl_layer_new (tl_layer_find ("Linear"), "fc1", TL_DTYPE_F32);
 *     tl_layer_set_attr (layer, "out", &TL_INPUT_INT (10), &error);
 *     tl_layer_forward (layer, &x, 1, &y, 1, &error);      makes weight and bias at the first call
 *
 * Ownership: classes are constant; layers are counted references.  Thread rule: one thread at a time.
 */

#include "core/graph/attr.h"
#include "core/graph/node.h"
#include "core/nn/initializer.h"
#include "core/tensor/variable.h"

G_BEGIN_DECLS

#define TL_LAYER_MAX_IN 16

typedef struct _TlLayerClass TlLayerClass;
typedef struct _TlLayer      TlLayer;

/**
 * TlLayerVariable:
 * @name: in its layer: "weight"; interned
 * @kind: what it is for
 * @meta: shape and dtype
 * @init: its first value
 *
 * A variable as setup() declares it; without a name if the layer does not have it (bias = false).
 */
typedef struct {
  const char    *name;
  TlVariableKind kind;
  TlMeta         meta;
  TlInit         init;
} TlLayerVariable;

/**
 * TlLayerAttr:
 * @name: name or alias of an attribute
 * @value: what it is set to
 */
typedef struct {
  const char *name;
  TlAttrInput value;
} TlLayerAttr;

/**
 * TlLayerSetup:
 * @klass: the row
 * @attrs: attribute values in the order of the row's specs
 * @dtype: dtype of the parameters
 * @n_in: number of inputs; 0 if nothing is known of them yet
 * @in: (array length=n_in): their descriptions; sizes may be symbolic; %NULL for an optional one that is not given
 * @state: what was declared, see tl_layer_declare() and tl_layer_declare_part()
 */
typedef struct {
  const TlLayerClass      *klass;
  const TlAttrValue       *attrs;
  TlDType                  dtype;
  guint                    n_in;
  const TlMeta           **in;
  struct _TlLayerDeclared *state;
} TlLayerSetup;

/**
 * TlLayerForward:
 * @klass: the row
 * @attrs: attribute values
 * @op: (nullable): the row's operation
 * @op_attrs: (nullable): values of its attributes: those of the layer's attributes of the same name or alias, and defaults
 * @layer: the layer, with its variables and parts, see tl_layer_read() and tl_layer_run_part()
 * @training: whether the layer behaves as in training
 * @n_in: number of inputs
 * @in: (array length=n_in): the inputs; %NULL for an optional one that is not given
 * @n_out: number of outputs
 * @out: (array length=n_out): to be set, (transfer full)
 */
typedef struct {
  const TlLayerClass *klass;
  const TlAttrValue  *attrs;
  const TlOpClass    *op;
  const TlAttrValue  *op_attrs;
  TlLayer            *layer;
  gboolean            training;
  guint               n_in;
  TlTensor *const    *in;
  guint               n_out;
  TlTensor          **out;
} TlLayerForward;

/**
 * TlLayerFlags:
 * @TL_LAYER_INPUT: stands for an input of the model
 * @TL_LAYER_LOSS: its output is a loss: its inputs are predictions and targets
 * @TL_LAYER_CLASSES: of a loss: its target are numbers of classes, for which the prediction has scores on axis 1
 * @TL_LAYER_RANDOM: has the counter variable "calls"
 * @TL_LAYER_MODAL: behaves otherwise in training
 */
typedef enum {
  TL_LAYER_INPUT = 1 << 0,
  TL_LAYER_LOSS = 1 << 1,
  TL_LAYER_RANDOM = 1 << 2,
  TL_LAYER_MODAL = 1 << 3,
  TL_LAYER_CLASSES = 1 << 4,
} TlLayerFlags;

struct _TlLayerClass {
  const char       *name;
  const char       *group; /* heading in the palette and the reference */
  const char       *doc;
  const char       *formula;
  const char       *source;
  const TlPort     *in;  /* end with a nameless one */
  const TlPort     *out; /* NULL: one port "y"; optional ones at the end are there if the attribute out_when says so */
  const char       *out_when;
  const TlAttrSpec *attrs; /* in the order in which Lua takes them by position */
  TlLayerFlags      flags;
  const char       *op;       /* name of the operation that it is, or is made around */
  const char       *op_attrs; /* attributes of it that the row fixes: "mode = reflect" */

  gboolean (*setup) (TlLayerSetup *self,
                     GError      **error);
  gboolean (*forward) (TlLayerForward *self,
                       GError        **error);

  const TlSample *samples; /* "2,3,8,8" and attributes, as for operations */
  const char     *torch;   /* how PyTorch writes it, over attributes */
};

/* The last attributes of layers with weights; see tl_layer_choose_init(). */
// clang-format off
#define TL_LAYER_INIT_ATTRS                                                                                                                    \
  { "weight_init", "how the weight gets its first values: name of an initialiser, with its number if wanted, as in normal(0.02)",              \
    TL_ATTR_STRING, .names = tl_layer_from_source },                                                                                           \
  { "bias_init", "how the bias gets its first values", TL_ATTR_STRING, .names = tl_layer_from_source }
// clang-format on

/* Help for rows. */
extern const TlPort tl_layer_ports_x[];
extern const TlPort tl_layer_ports_loss[];

/* What is shown where the input decides, or the row itself: names of such attributes. */
extern const char *const tl_layer_from_input[];
extern const char *const tl_layer_from_source[];

void        tl_layer_declare (TlLayerSetup  *self,
                              guint          slot,
                              const char    *name,
                              TlVariableKind kind,
                              guint          rank,
                              const TlDim   *shape,
                              TlInit         init);
void        tl_layer_declare_as (TlLayerSetup          *self,
                                 guint                  slot,
                                 const TlLayerVariable *variable);
gboolean    tl_layer_declare_part (TlLayerSetup        *self,
                                   guint                slot,
                                   const char          *name,
                                   const TlLayerClass  *klass,
                                   const TlLayerAttr   *attrs,
                                   guint                n_attrs,
                                   const TlMeta *const *in,
                                   guint                n_in,
                                   GError             **error);
gboolean    tl_layer_in_size (TlLayerSetup *self,
                              guint         input,
                              gint          axis,
                              guint         attr,
                              TlDim        *size,
                              GError      **error);
gboolean    tl_layer_choose_init (TlLayerSetup *self,
                                  guint         attr,
                                  TlInit       *init,
                                  GError      **error);
gboolean    tl_layer_apply (TlLayerForward  *self,
                            TlTensor *const *in,
                            guint            n_in,
                            GError         **error);
TlVariable *tl_layer_own (TlLayerForward *self,
                          guint           slot);
TlTensor   *tl_layer_read (TlLayerForward *self,
                           guint           slot);
gboolean    tl_layer_run_part (TlLayerForward  *self,
                               guint            slot,
                               TlTensor *const *in,
                               guint            n_in,
                               TlTensor       **out,
                               guint            n_out,
                               GError         **error);
TlTensor   *tl_layer_run_part1 (TlLayerForward *self,
                                guint           slot,
                                TlTensor       *x,
                                GError        **error);
gboolean    tl_layer_fail (const TlLayerClass *klass,
                           int                 code,
                           GError            **error,
                           const char         *format,
                           ...) G_GNUC_PRINTF (4, 5);

/* The table. */
const TlLayerClass *tl_layer_find (const char *name);
guint               tl_layer_get_n_rows (void);
const TlLayerClass *tl_layer_get_row (guint row);

guint tl_layer_class_get_n_out (const TlLayerClass *klass,
                                const TlAttrValue  *attrs);

/* Layers in use. */
TlLayer *tl_layer_new (const TlLayerClass *klass,
                       const char         *path,
                       TlDType             dtype);
TlLayer *tl_layer_ref (TlLayer *self);
void     tl_layer_unref (TlLayer *self);

const TlLayerClass *tl_layer_get_class (TlLayer *self);
const char         *tl_layer_get_path (TlLayer *self);
const TlAttrValue  *tl_layer_get_attrs (TlLayer *self);
guint32             tl_layer_get_given (TlLayer *self);
guint               tl_layer_get_n_out (TlLayer *self);
guint               tl_layer_get_n_variables (TlLayer *self);
TlVariable         *tl_layer_get_variable (TlLayer *self,
                                           guint    slot);
TlVariable         *tl_layer_find_variable (TlLayer    *self,
                                            const char *name);
guint               tl_layer_get_n_parts (TlLayer *self);
TlLayer            *tl_layer_get_part (TlLayer *self,
                                       guint    slot);
const char         *tl_layer_get_part_name (TlLayer *self,
                                            guint    slot);
gboolean            tl_layer_is_set_up (TlLayer *self);
void                tl_layer_set_path (TlLayer    *self,
                                       const char *path);
gboolean            tl_layer_set_attr (TlLayer           *self,
                                       const char        *name,
                                       const TlAttrInput *input,
                                       GError           **error);
gboolean            tl_layer_set_attr_text (TlLayer    *self,
                                            const char *name,
                                            const char *text,
                                            GError    **error);
gboolean            tl_layer_set_up (TlLayer             *self,
                                     const TlMeta *const *in,
                                     guint                n_in,
                                     GError             **error);
gboolean            tl_layer_initialize (TlLayer *self,
                                         guint64  seed,
                                         GError **error);
gboolean            tl_layer_forward (TlLayer         *self,
                                      TlTensor *const *in,
                                      guint            n_in,
                                      TlTensor       **out,
                                      guint            n_out,
                                      GError         **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlLayer, tl_layer_unref)

G_END_DECLS
