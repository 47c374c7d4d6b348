/* SPDX-License-Identifier: Apache-2.0 */
/* config_template.h - the configuration that `patchline init` writes. Layer: cli. */
#pragma once

/* A whole patchline.yaml with a comment on each kind of entry; it passes config_read(). Static. */
extern const char config_template[];
