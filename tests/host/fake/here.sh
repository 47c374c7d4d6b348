# SPDX-License-Identifier: Apache-2.0
[ -e "${PATCHLINE_ROOT-}/fake" ]
