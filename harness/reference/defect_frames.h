/* Defects that change the frames of an HTTP/2 client before they are read. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_FRAMES_H
#define TRANSCHECK_REFERENCE_DEFECT_FRAMES_H

#include "harness/base/buf.h"
#include "harness/reference/defects.h"

struct defect_frames {
    bool window_closed;
    bool request_ended; /* one of the connection */
};

/* What is read in place of `bytes`, in `out` if it is another. Frames that come in pieces stay as they are.
 * false: the connection ends. */
bool defect_frames_change(struct defect_frames *frames, enum defect defect, struct buf *out, struct span *bytes);

#endif
