/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Models: named layers and their links.
 *
 *     image = Input { shape = {N, 1, 28, 28} }        tl_model_add (model, "image", "Input", ...)
 *     conv1 = Conv2d (image) { out = 32, kernel = 3 } tl_model_add (model, "conv1", "Conv2d", ...), tl_model_connect (...)
 *
 * A node is a row of core/nn (Conv2d), a row of core/op (matmul), or another model, whose variables are this node's own, repeated in a
 * chain if `times` is more than 1, with `residual` each added to what it is given, and with `checkpoint` each computed again for its gradients.  A model has two halves:
 *
 *     description   nodes, attributes, links by name; takes everything, also what is wrong
 *     build         order, shapes, variables by path ("conv1.weight", "block.0.fc.bias"); what tl_model_forward() runs
 *
 * tl_model_build() goes from one to the other and tells everything that is wrong at once, node by node, so that an editor can
 * show it.  Variables keep their values when a model is built again with the same paths and shapes.  Editing after a build changes nothing
 * that runs until the next build.
 *
 * A model whose inputs have no shapes (nn.Sequential in Lua) is built as far as its attributes tell the sizes; the first call of
 * tl_model_forward() completes it.
 *
 * Inputs are the Input nodes in the order of adding.  Outputs are those named with tl_model_add_output(), or, if none was, the first outputs
 * of the nodes whose results no node uses.
 *
 * Ownership: counted references; a model owns its variables and its sub-models.  Thread rule: one thread at a time.
 */

#include "core/nn/layer.h"

G_BEGIN_DECLS

typedef struct _TlModel TlModel;

/**
 * TlModelProblem:
 * @node: path of the node, or "" for the whole model
 * @attr: (nullable): the attribute that is wrong
 * @code: a #TlError
 * @message: one line
 */
typedef struct {
  const char *node;
  const char *attr;
  int         code;
  const char *message;
} TlModelProblem;

/**
 * TlModelCost:
 * @n_parameters: numbers that are trained
 * @n_variables: bytes of all variables
 * @flops: floating-point operations of one forward pass
 * @bytes: bytes that the operations read and write
 * @n_activations: bytes of the results
 */
typedef struct {
  gint64 n_parameters;
  gint64 n_variables;
  double flops;
  double bytes;
  double n_activations;
} TlModelCost;

/**
 * TlModelNodeInfo:
 * @name: of the node
 * @row: name of its row, or of its model
 * @layer: (nullable): the row of core/nn
 * @op: (nullable): the row of core/op
 * @model: (nullable): the sub-model
 * @times: how often a sub-model is repeated
 * @specs: (nullable): attributes that the row has
 * @attrs: (nullable): their values
 * @given: bit i: attribute i was set
 * @n_in: number of links
 * @n_out: number of outputs
 */
typedef struct {
  const char         *name;
  const char         *row;
  const TlLayerClass *layer;
  const TlOpClass    *op;
  TlModel            *model;
  guint               times;
  const TlAttrSpec   *specs;
  const TlAttrValue  *attrs;
  guint32             given;
  guint               n_in;
  guint               n_out;
} TlModelNodeInfo;

typedef gboolean (*TlVariableFunc) (TlVariable *variable,
                                    gpointer    user_data);

TlModel *tl_model_new (const char *name);
TlModel *tl_model_ref (TlModel *self);
void     tl_model_unref (TlModel *self);
TlModel *tl_model_clone (TlModel *self,
                         GError **error);

/* Description. */
const char *tl_model_get_name (TlModel *self);
void        tl_model_set_name (TlModel    *self,
                               const char *name);
void        tl_model_set_cell (TlModel    *self,
                               const char *cell);
TlDType     tl_model_get_dtype (TlModel *self);
void        tl_model_set_dtype (TlModel *self,
                                TlDType  dtype);
guint       tl_model_get_n_nodes (TlModel *self);
gint        tl_model_find_node (TlModel    *self,
                                const char *name);
void        tl_model_get_node (TlModel         *self,
                               guint            node,
                               TlModelNodeInfo *info);
gboolean    tl_model_get_link (TlModel     *self,
                               guint        node,
                               guint        input,
                               const char **from,
                               guint       *from_output);

gboolean tl_model_add (TlModel    *self,
                       const char *name,
                       const char *row,
                       GError    **error);
gboolean tl_model_add_model (TlModel    *self,
                             const char *name,
                             TlModel    *model,
                             guint       times,
                             GError    **error);
gboolean tl_model_remove (TlModel    *self,
                          const char *name,
                          GError    **error);
gboolean tl_model_rename (TlModel    *self,
                          const char *name,
                          const char *new_name,
                          GError    **error);
gboolean tl_model_set_attr (TlModel           *self,
                            const char        *node,
                            const char        *attr,
                            const TlAttrInput *input,
                            GError           **error);
gboolean tl_model_set_attr_text (TlModel    *self,
                                 const char *node,
                                 const char *attr,
                                 const char *text,
                                 GError    **error);
gboolean tl_model_connect (TlModel    *self,
                           const char *from,
                           guint       from_output,
                           const char *to,
                           guint       input,
                           GError    **error);
gboolean tl_model_disconnect (TlModel    *self,
                              const char *to,
                              guint       input,
                              GError    **error);
gboolean tl_model_add_output (TlModel    *self,
                              const char *node,
                              guint       output,
                              GError    **error);
void     tl_model_clear_outputs (TlModel *self);

/* Build. */
gboolean              tl_model_build (TlModel *self,
                                      GError **error);
gboolean              tl_model_build_for (TlModel      *self,
                                          const TlMeta *inputs,
                                          guint         n_inputs,
                                          GError      **error);
gboolean              tl_model_is_built (TlModel *self);
guint                 tl_model_get_n_problems (TlModel *self);
const TlModelProblem *tl_model_get_problem (TlModel *self,
                                            guint    problem);
guint                 tl_model_get_n_inputs (TlModel *self);
const TlMeta         *tl_model_get_input (TlModel     *self,
                                          guint        input,
                                          const char **name);
guint                 tl_model_get_n_outputs (TlModel *self);
const TlMeta         *tl_model_get_output (TlModel     *self,
                                           guint        output,
                                           const char **name);
const TlMeta         *tl_model_get_node_output (TlModel    *self,
                                                const char *node,
                                                guint       output);
gboolean              tl_model_measure (TlModel         *self,
                                        const TlBinding *sizes,
                                        guint            n_sizes,
                                        TlModelCost     *total,
                                        GError         **error);
gboolean              tl_model_get_node_cost (TlModel     *self,
                                              const char  *node,
                                              TlModelCost *cost);

/* Variables. */
gboolean    tl_model_foreach_variable (TlModel       *self,
                                       TlVariableFunc func,
                                       gpointer       user_data);
TlVariable *tl_model_find_variable (TlModel    *self,
                                    const char *path);
GPtrArray  *tl_model_get_parameters (TlModel *self);
gboolean    tl_model_initialize (TlModel *self,
                                 guint64  seed,
                                 GError **error);

gboolean tl_model_forward (TlModel         *self,
                           TlTensor *const *inputs,
                           guint            n_inputs,
                           TlTensor       **outputs,
                           guint            n_outputs,
                           GError         **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlModel, tl_model_unref)

G_END_DECLS
