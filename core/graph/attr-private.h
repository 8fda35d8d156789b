/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "core/graph/attr.h"

G_BEGIN_DECLS

/* The shortest text that reads back as the same number. */
void tl_attr_append_number (GString *text,
                            double   number);
void tl_attr_append_input (GString           *text,
                           const TlAttrInput *input);

G_END_DECLS
